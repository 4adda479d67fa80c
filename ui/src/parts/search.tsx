interface SearchProps {
  /** What is searched: `Search flags`. */
  readonly label: string;
  readonly word: string;
  readonly onSearch: (word: string) => void;
}

/** A field that searches with every letter. */
export function Search({ label, word, onSearch }: SearchProps) {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      value={word}
      onInput={({ currentTarget }) => onSearch(currentTarget.value)}
    />
  );
}
