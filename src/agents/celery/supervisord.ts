import type { IncomingMessage, ServerResponse } from "node:http";
import type { Host } from "../../core/agent.ts";
import {
  parseXmlRpcCall,
  type XmlRpcCall,
  type XmlRpcValue,
  xmlRpcAnswer,
  xmlRpcFault,
} from "../../wire/xml-rpc.ts";
import { textBody } from "./answer.ts";
import { NAME, type Program } from "./program.ts";

/** Faults as supervisord numbers them. */
const FAULTS = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  BAD_NAME: 10,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
} as const;

class Fault extends Error {
  readonly code: number;

  constructor(name: keyof typeof FAULTS, about = "") {
    super(about ? `${name}: ${about}` : name);
    this.code = FAULTS[name];
  }
}

type Method = (params: XmlRpcCall["params"], signal: AbortSignal) => XmlRpcValue | Promise<XmlRpcValue>;

/**
 * As much of supervisord as Leek's API and `supervisorctl` ask of it, for an API that is in another container than the
 * one in which supervisord runs: XML-RPC at `/RPC2`, with one program, `agent`. Source: leek §10.1.
 */
export class Supervisord {
  readonly #log: Host["log"];
  readonly #methods: ReadonlyMap<string, Method>;

  constructor(program: Program, log: Host["log"]) {
    this.#log = log;
    this.#methods = new Map(Object.entries(methodsOf(program)));
  }

  /** Answers a request, whatever becomes of it. */
  async answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const isCall = request.method === "POST" && /^\/RPC2\/?$/.test(request.url ?? "");
    const body = isCall ? await this.#answerTo(request, signal) : "there is XML-RPC at POST /RPC2\n";
    const type = isCall ? "text/xml" : "text/plain";
    response.writeHead(isCall ? 200 : 404, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  }

  async #answerTo(request: IncomingMessage, signal: AbortSignal): Promise<string> {
    try {
      const call = parseXmlRpcCall((await textBody(request)) ?? "");
      if (!call) throw new Fault("INCORRECT_PARAMETERS");
      const method = this.#methods.get(call.method);
      if (!method) throw new Fault("UNKNOWN_METHOD", call.method);
      return xmlRpcAnswer(await method(call.params, signal));
    } catch (error) {
      if (error instanceof Fault) return xmlRpcFault(error.code, error.message);
      this.#log.error({ err: error }, "a call as to supervisord failed");
      return xmlRpcFault(FAULTS.UNKNOWN_METHOD, "internal error");
    }
  }
}

function methodsOf(program: Program): Readonly<Record<string, Method>> {
  const methods: Record<string, Method> = {
    "supervisor.getAPIVersion": () => "3.0",
    // The name that it had before, which supervisorctl still uses.
    "supervisor.getVersion": () => "3.0",
    "supervisor.getSupervisorVersion": () => "4.2.5",
    "supervisor.getIdentification": () => "outrider",
    "supervisor.getState": () => ({ statecode: 1, statename: "RUNNING" }),
    "supervisor.getPID": () => process.pid,
    "supervisor.getAllProcessInfo": () => [program.record()],
    "supervisor.getProcessInfo": ([name]) => named(name, () => program.record()),
    "supervisor.startProcess": ([name]) => named(name, () => start(program)),
    "supervisor.stopProcess": ([name], signal) => named(name, () => stop(program, signal)),
    "system.listMethods": () => Object.keys(methods).sort(),
  };
  return methods;
}

/** @param name `agent`, or with its group, which is called the same */
function named<R>(name: unknown, run: () => R): R {
  if (typeof name !== "string") throw new Fault("INCORRECT_PARAMETERS");
  if (name !== NAME && name !== `${NAME}:${NAME}`) throw new Fault("BAD_NAME", name);
  return run();
}

function start(program: Program): true {
  if (program.running) throw new Fault("ALREADY_STARTED", NAME);
  program.start();
  return true;
}

async function stop(program: Program, signal: AbortSignal): Promise<true> {
  if (!program.running) throw new Fault("NOT_RUNNING", NAME);
  await program.stop(signal);
  return true;
}
