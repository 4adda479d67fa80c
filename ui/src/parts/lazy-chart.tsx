import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ChartProps } from "./chart.tsx";

type Chart = FunctionComponent<ChartProps>;
let loaded: Chart | undefined;

/** A chart whose library comes only to pages that draw one. */
export function LazyChart(props: ChartProps) {
  const [Chart, put] = useState<{ Chart: Chart } | undefined>(loaded && { Chart: loaded });
  useEffect(() => {
    if (Chart) return;
    void import("./chart.tsx").then((found) => {
      loaded = found.Chart;
      put({ Chart: found.Chart });
    });
  }, []);
  if (Chart) return <Chart.Chart {...props} />;
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{props.title}</span>
      </figcaption>
      <div class="chart-frame" />
    </figure>
  );
}
