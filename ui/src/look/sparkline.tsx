import type { Sample } from "../api/types.ts";

const WIDTH = 96;
const HEIGHT = 24;

/** The rate of the last minutes as a line. It says nothing that the number beside it does not, so it is hidden from readers. */
export function Sparkline({ samples, last = 60 }: { samples: readonly Sample[]; last?: number }) {
  const rates = samples.slice(-last).map(([, rate]) => rate);
  if (rates.length < 2) return <span class="spark" aria-hidden="true" />;
  const top = Math.max(...rates, 1e-9);
  const x = (index: number) => ((index + last - rates.length) / (last - 1)) * WIDTH;
  const y = (rate: number) => HEIGHT - 1.5 - (rate / top) * (HEIGHT - 4);
  const line = rates.map((rate, index) => `${x(index).toFixed(1)},${y(rate).toFixed(1)}`).join("L");
  const area = `M${x(0).toFixed(1)},${HEIGHT}L${line}L${WIDTH},${HEIGHT}z`;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="spark-area" d={area} />
      <path class="spark-line" d={`M${line}`} />
    </svg>
  );
}
