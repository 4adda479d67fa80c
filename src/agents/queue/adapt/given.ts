import type { Fields } from "./fields.ts";
import type { Components } from "./names.ts";
import type { Service } from "./service.ts";

/** What the readers of a backend's pieces are given. */
export interface Given {
  readonly fields: Fields;
  readonly components: Components;
  /** The component `proxy`. */
  readonly proxy: Fields | undefined;
  readonly service: Service;
}
