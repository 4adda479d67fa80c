import { LinkProblem, messageOf, Problem, RejectedProblem } from "../../../../core/problems.ts";
import { HttpClient } from "../../../../wire/http-client.ts";
import type { LuaConfig } from "../../config/layers.ts";
import { type Answer, type Backend, type Call, failed, type Layer } from "../call.ts";
import { fromNode, withHeader } from "../headers.ts";
import type { Surroundings } from "../surroundings.ts";
import { Run } from "./run.ts";
import { type AnswerDraft, Overrun, type Question, Reply, Scene } from "./scene.ts";
import { type Part, type Ready, Scripts } from "./scripts.ts";
import { ScriptError } from "./stack.ts";
import type { HostFunction } from "./values.ts";

/**
 * Scripts in Lua around a call: files and `pre` before it, `post` after it, if it did not fail. Each event has its own
 * globals, which `pre` and `post` share. What a script does wrong rejects its event, with `message (source:Lline)`;
 * so does one that takes too long or too much memory, after which its Lua is thrown away. A request of a script that
 * fails has the verdict of its own problem, unless the script catches it.
 *
 * Time is looked at between instructions of Lua: one long search in a text (`string.find`) is not stopped in between.
 * Source: krakend-async §5.21.
 * @param level at `agent` there is no URL yet, and setting it means nothing
 */
export function lua(config: LuaConfig, around: Surroundings, level: "agent" | "backend"): Layer {
  const layer = new LuaLayer(config, around, level);
  around.prepares(() => layer.prepare());
  around.owns(layer);
  return (next) => (call, signal) => layer.run(next, call, signal);
}

class LuaLayer {
  readonly #config: LuaConfig;
  readonly #around: Surroundings;
  readonly #level: "agent" | "backend";
  readonly #scripts: Scripts;
  #client: HttpClient | undefined;
  #disabled = false;
  /** Why there is no script to run, while there should be one. */
  #missing: LinkProblem | undefined;

  constructor(config: LuaConfig, around: Surroundings, level: "agent" | "backend") {
    this.#config = config;
    this.#around = around;
    this.#level = level;
    const { libraries, memory } = config;
    this.#scripts = new Scripts(config, { libraries, memory, functions: this.#functions() });
  }

  /**
   * Throws ConfigProblem, unless the profile is lenient: then scripts of another checksum are left out, and without a
   * file of them every event fails, as the peer does. Source: krakend-async §5.21, `config.go` of krakend-lua.
   */
  async prepare(): Promise<void> {
    try {
      await this.#scripts.read();
      // The peer compiles for each event: there, a script that does not compile fails every event.
      if (!this.#around.profile.lenient) await this.#scripts.check();
      // Starting takes a while, which would be taken from the first event's time.
      await this.#scripts.ready();
    } catch (error) {
      if (!(error instanceof Problem) || !this.#around.profile.lenient) throw error;
      if (error.code === "config_unreadable") {
        this.#around.log.error({ error: error.message }, "A script cannot be read, so events fail.");
        this.#missing = new LinkProblem("file_missing", error.message, { cause: error });
      } else {
        this.#around.log.error({ error: error.message }, "A script cannot be used and is left out.");
        this.#disabled = true;
      }
    }
  }

  async close(): Promise<void> {
    await this.#client?.close();
    await this.#scripts.close();
  }

  async run(next: Backend, call: Call, signal: AbortSignal): Promise<Answer> {
    if (this.#disabled) return next(call, signal);
    if (this.#missing && !this.#config.live) return failed(this.#missing);
    const scene = new Scene({ ...call }, (question) => this.#ask(question, signal), this.#config.memory);
    let run: Run | undefined;
    try {
      const ready = this.#config.live
        ? await this.#reread()
        : (this.#scripts.now ?? (await this.#scripts.ready()));
      run = new Run(ready.engine, scene, this.#config.time);
      return await this.#surround(run, ready, next, call, signal);
    } catch (error) {
      return failed(this.#problem(error, scene));
    } finally {
      run?.end();
    }
  }

  async #surround(run: Run, ready: Ready, next: Backend, call: Call, signal: AbortSignal): Promise<Answer> {
    await this.#part(run, ready, "sources");
    await this.#part(run, ready, "pre");
    const answer = this.#config.skip
      ? EMPTY
      : this.#withData(await next(this.#changed(call, run.scene), signal));
    const post = answer.problem ? undefined : ready.script("post");
    if (post === undefined) return answer;
    run.scene.response = draftOf(answer);
    await run.script(post);
    return answered(answer, run.scene.response);
  }

  /** Where scripts run, the peer has data, though it be empty. Source: `registerResponseTable` of krakend-lua. */
  #withData(answer: Answer): Answer {
    return answer.data || answer.problem || !this.#around.profile.lenient ? answer : { ...answer, data: {} };
  }

  #part(run: Run, ready: Ready, part: Part): Promise<void> | undefined {
    const script = ready.script(part);
    return script === undefined ? undefined : run.script(script);
  }

  async #reread(): Promise<Ready> {
    try {
      await this.#scripts.read();
    } catch (error) {
      // A file may be away for the moment in which it is replaced: the event is not to blame.
      throw new LinkProblem("file_missing", messageOf(error), { cause: error });
    }
    return this.#scripts.ready();
  }

  #changed(call: Call, { request }: Scene): Call {
    const { method, path, url, query, params, body } = request;
    const { Host: host = [] } = call.headers;
    // To Go a Host among the headers is none: it sends the one of the URL.
    const headers = this.#around.profile.lenient
      ? withHeader(request.headers, "Host", host)
      : request.headers;
    return {
      ...call,
      method,
      path,
      url: this.#level === "agent" ? call.url : url,
      query,
      params,
      headers,
      body,
    };
  }

  async #ask(question: Question, signal: AbortSignal): Promise<Reply> {
    this.#client ??= new HttpClient({ timeout: this.#around.timeout });
    try {
      const { status, headers, body } = await this.#client.send({ ...question, signal });
      return new Reply(status, fromNode(headers), body);
    } catch (error) {
      if (error instanceof Problem) throw error;
      const message = `${question.method} ${question.url} of a script was cut off: ${messageOf(error)}`;
      throw new LinkProblem("timed_out", message, { cause: error });
    }
  }

  /** What a script's failure means for the event. Defects are thrown on. */
  #problem(error: unknown, { custom, trouble }: Scene): Problem {
    if (error instanceof LinkProblem) return error;
    if (error instanceof Overrun) return new RejectedProblem("item_refused", `a script ${error.message}`);
    if (!(error instanceof ScriptError)) throw error;
    if (trouble && error.message.endsWith(trouble.message)) return trouble;
    const text = error.message === custom ? custom : this.#scripts.told(error.message);
    return new RejectedProblem("item_refused", text, { cause: error });
  }

  #functions(): Record<string, HostFunction> {
    const { log, env } = this.#around;
    return {
      custom_error: ({ stack, scene }) => {
        scene.custom = stack.text(1);
        throw new ScriptError(scene.custom, 0);
      },
      print: ({ stack }) => {
        log.info({ text: stack.text(1) }, "A script prints.");
        return 0;
      },
      getenv: ({ stack }) => {
        const value = env[stack.text(1)];
        if (value === undefined) stack.pushNil();
        else stack.pushText(value);
        return 1;
      },
      globals: ({ stack, globals }) => {
        stack.pushKept(globals);
        return 1;
      },
    };
  }
}

/** What `skip` makes of a call. */
const EMPTY: Answer = { data: {}, complete: false, status: 0, headers: {} };

function draftOf({ complete, status, data, headers, body }: Answer): AnswerDraft {
  return { complete, status, given: data, data: undefined, headers, body };
}

function answered(answer: Answer, draft: AnswerDraft): Answer {
  const { complete, status, headers, body } = draft;
  const untouched =
    answer.data === undefined && draft.data !== undefined && Object.keys(draft.data).length === 0;
  const data = untouched ? undefined : (draft.data ?? answer.data);
  return { ...answer, data, complete, status, headers, ...(body && { body }) };
}
