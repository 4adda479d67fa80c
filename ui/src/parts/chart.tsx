import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useComputed, useSignal } from "@preact/signals";
import { systemDark, theme } from "../live/theme.ts";
import { clock } from "../look/format.ts";

export interface ChartProps {
  readonly title: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  readonly format: (value: number) => string;
  /** The name of a colour of the style: `--accent`. */
  readonly colour: string;
  /** Charts of one group point at the same moment. */
  readonly group?: string;
  /** Steps instead of slopes, for what holds until it changes. */
  readonly steps?: boolean;
}

const HEIGHT = 150;
/** The shortest time that is shown, in seconds. */
const LEAST = 300;

/** One series over time. The newest value stands above it in words; pointing at the line shows another one. */
export function Chart(props: ChartProps) {
  const { title, times, values, format } = props;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const pointed = useSignal<number | null>(null);
  const dark = useComputed(() => (theme.value === "auto" ? systemDark.value : theme.value === "dark"));
  const data = [times, values] as unknown as uPlot.AlignedData;
  const measured = values.some((value) => value !== null);
  const ready = times.length > 1 && measured;
  useEffect(() => {
    if (!ready) return;
    const box = frame.current!;
    const made = new uPlot(
      optionsOf(props, box, (index) => (pointed.value = index)),
      data,
      box,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [ready, dark.value]);
  useEffect(() => plot.current?.setData(data), [times.at(-1), times.length, values.at(-1)]);
  const index = pointed.value ?? times.length - 1;
  const value = values[index];
  const when = pointed.value === null || times[index] === undefined ? "" : clock(times[index] * 1_000);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="chart-when">{when}</span>
        <span class="chart-value">{value === null || value === undefined ? "–" : format(value)}</span>
      </figcaption>
      <div ref={frame} class="chart-frame" role="img" aria-label={summary(props)}>
        {!ready && (
          <p class="chart-none">
            {times.length > 1 ? "Nothing to measure yet" : "The first samples come in a few seconds"}
          </p>
        )}
      </div>
    </figure>
  );
}

function summary({ title, values, format }: ChartProps): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return `${title}: nothing measured yet`;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return `${title}: ${format(known.at(-1)!)} now, between ${format(low)} and ${format(high)} in the time shown`;
}

function optionsOf(
  props: ChartProps,
  box: HTMLElement,
  point: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string) => {
    // What the style computes is a colour that a canvas understands.
    box.style.color = `var(${name})`;
    const found = style.color;
    box.style.color = "";
    return found;
  };
  const axis = {
    stroke: colour("--dim"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui",
  };
  const line = colour(props.colour);
  const stepped = uPlot.paths.stepped!({ align: 1 });
  return {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7 },
      ...(props.group && { sync: { key: props.group, setSeries: false } }),
    },
    scales: {
      x: { range: (_, min, max) => [Math.min(min, max - LEAST), max] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.15 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        incrs: [60, 120, 300, 600, 3_600],
        values: (_, ticks) => ticks.map((tick) => clock(tick * 1_000).slice(-8, -3)),
      },
      { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => props.format(tick)) },
    ],
    series: [
      {},
      {
        stroke: line,
        width: 1.75,
        fill: line.replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)"),
        points: { show: false },
        ...(props.steps && { paths: stepped }),
      },
    ],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? null)] },
  };
}
