import type { z } from "zod";
import type { Outrider } from "../outrider.ts";

/** What a route gets: the path's parameters, those of the query, and the body if it takes one. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The other end of the connection; "" where that is not known. */
  readonly from: string;
}

export interface Answered {
  /** Default 200. */
  readonly status?: number;
  readonly json: unknown;
}

/** One route of the admin API. The API, its OpenAPI description and the reference all come from a table of these. */
export interface Route {
  readonly method: "get" | "post" | "put" | "delete";
  /** Parameters stand as `{name}`. */
  readonly path: string;
  readonly summary: string;
  /** Answered without a token, so that probes work everywhere. Default false. */
  readonly open?: boolean;
  /** What processes of the fleet send: `fleet.token` opens it too. Default false. */
  readonly reports?: boolean;
  /** Parameters of the query, with what each means. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  answer(outrider: Outrider, asked: Asked): Promise<Answered> | Answered;
}
