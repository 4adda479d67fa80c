import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "../look/icons.tsx";

interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  readonly look?: "plain" | "primary" | "danger" | "quiet";
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly type?: "button" | "submit";
  /** For a button that shows nothing but an icon. */
  readonly name?: string;
  readonly title?: string;
  readonly onClick?: () => void;
}

export function Button(props: ButtonProps) {
  const { children, icon, look = "plain", busy = false, disabled = false, type = "button", name } = props;
  return (
    <button
      type={type}
      class={`button ${look}${children === undefined ? " only-icon" : ""}`}
      aria-label={name}
      aria-busy={busy}
      title={props.title ?? name}
      disabled={disabled || busy}
      onClick={props.onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
