import { locked, token } from "./session.ts";
import type { Mistake, ProbeStep } from "./types.ts";

/** An answer of the API that is no success, or none at all. */
export class ApiProblem extends Error {
  /** The HTTP status; 0 if nobody answered. */
  readonly status: number;
  readonly code: string;
  readonly remedy: string | undefined;
  readonly mistakes: readonly Mistake[];
  readonly steps: readonly ProbeStep[];

  constructor(status: number, body: ErrorBody = {}) {
    super(body.message ?? (status === 0 ? "Outrider does not answer" : `the API answered ${status}`));
    this.status = status;
    this.code = body.code ?? "";
    this.remedy = body.remedy;
    this.mistakes = body.mistakes ?? [];
    this.steps = body.steps ?? [];
  }
}

interface ErrorBody {
  readonly code?: string;
  readonly message?: string;
  readonly remedy?: string;
  readonly mistakes?: readonly Mistake[];
  readonly steps?: readonly ProbeStep[];
}

export interface AskOptions {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Asks the API for JSON. Throws ApiProblem. A 401 shows the login. */
export async function ask<T>(path: string, options: AskOptions = {}): Promise<T> {
  const response = await request(path, options);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** The answer itself, when it is a success. Throws ApiProblem. */
export async function request(path: string, { method = "GET", body, signal }: AskOptions): Promise<Response> {
  const headers: Record<string, string> = {};
  if (token.value !== "") headers["authorization"] = `Bearer ${token.value}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const init: RequestInit = { method, headers, cache: "no-store", credentials: "omit" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal) init.signal = signal;
  const response = await fetch(path, init).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiProblem(0);
  });
  if (response.ok) return response;
  if (response.status === 401) locked.value = token.value === "" ? "asked" : "refused";
  const answer = (await response.json().catch(() => ({}))) as { error?: ErrorBody; steps?: ProbeStep[] };
  throw new ApiProblem(response.status, { ...(answer.steps && { steps: answer.steps }), ...answer.error });
}

/** Asks an agent for one of its actions. Throws ApiProblem. */
export async function call<T>(agent: string, action: string, input: unknown = {}): Promise<T> {
  const path = `${agentPath(agent)}/actions/${encodeURIComponent(action)}`;
  const { result } = await ask<{ result: T }>(path, { method: "POST", body: input });
  return result;
}

export function agentPath(name: string): string {
  return `api/agents/${encodeURIComponent(name)}`;
}
