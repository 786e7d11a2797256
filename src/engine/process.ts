import { join } from "node:path";
import { SHARE_ENV, Worker } from "node:worker_threads";
import { version } from "../../package.json";
import { CancelledError } from "../shared/errors";
import { failureOf } from "../shared/failure";
import { engineProtocol, type EngineCall, type EngineEvent, type EngineHello, type EngineProcessEvent, type EngineWork } from "../shared/messages";
import { removeLeftovers } from "../shared/leftovers";

/*
 * The engine as a process of its own, which an editor forks. The engine itself runs in a thread, so that this one hears a stop, and the
 * end of the parent, even while a forward pass blocks.
 */

let running: EngineWork | undefined;
let busy = false;
let thread: Worker | undefined;
/** A stop that came before there was anything to stop. */
let cancelled = false;

process.on("message", (call: EngineHello | EngineCall) => {
  if (call.type === "hello") greet(call);
  else if (call.type === "cancel") cancel(call);
  else run(call);
});

// A parent that died runs no clean-up, so its engine ends by itself.
process.on("disconnect", end);
process.on("SIGTERM", end);

function greet({ protocol }: EngineHello): void {
  if (protocol === engineProtocol) { send({ type: "ready", protocol: engineProtocol, version }); return; }
  refuse(`The engine of NormLens ${version} speaks protocol ${engineProtocol}, the editor's part protocol ${protocol}: reload the window.`);
}

function run(call: EngineWork): void {
  if (busy) { refuse("This engine has an analysis already: it runs one a process."); return; }
  if (cancelled) { send({ type: "failed", error: failureOf(new CancelledError()) }); return; }
  busy = true;
  running = call;
  // Runtimes are told some things by environment variables, which native code sees only where the thread shares them.
  thread = new Worker(join(__dirname, "engine.js"), { env: SHARE_ENV });
  thread.on("message", (event: EngineEvent) => {
    send(event.type === "done" ? { type: "done", written: event.written } : event);
  });
  thread.on("error", (error) => {
    send({ type: "failed", error: failureOf(error) });
  });
  thread.postMessage(call);
}

function cancel(call: EngineCall & { type: "cancel" }): void {
  cancelled = true;
  thread?.postMessage(call);
}

function send(event: EngineProcessEvent): void {
  // A parent that is gone can't be told; "disconnect" follows.
  process.send?.(event, undefined, undefined, () => undefined);
}

function refuse(message: string): void {
  send({ type: "failed", error: { kind: "refused", message } });
}

function end(): void {
  if (running) removeLeftovers(running);
  // Native code may hold the thread for long; only this signal does not wait for it.
  process.kill(process.pid, "SIGKILL");
}
