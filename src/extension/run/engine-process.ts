import { fork, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { LogOutputChannel } from "vscode";
import { CancelledError, messageOf } from "../../shared/errors";
import { errorOf } from "../../shared/failure";
import { engineProtocol, type EngineCall, type EngineHello, type EngineProcessEvent } from "../../shared/messages";
import type { Progress } from "../../shared/progress";
import type { EngineRequest } from "../../shared/request";

/** Milliseconds that a new process has to answer, and that a stopped one has until the next, firmer way is taken. */
const patience = { ready: 20_000, cancel: 1500, terminate: 1500 };

/** One run of the engine, in a process of its own. */
export class EngineProcess {
  private readonly child: ChildProcess;
  private readonly ended: Promise<string>;
  private asked = false;

  /**
   * @param script dist/engine-process.js
   * @param log takes what the process prints
   */
  constructor(script: string, private readonly log: Pick<LogOutputChannel, "info" | "warn">) {
    this.child = fork(script, { execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.child.stdout?.on("data", (text: Buffer) => { log.info(text.toString().trimEnd()); });
    this.child.stderr?.on("data", (text: Buffer) => { log.warn(text.toString().trimEnd()); });
    this.ended = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => { resolve(signal === null ? `with code ${String(code)}` : `by ${signal}`); });
      this.child.once("error", (error) => { resolve(error.message); });
    });
  }

  /** Where the built engine is in an extension. */
  static scriptIn(extensionPath: string): string {
    return join(extensionPath, "dist", "engine-process.js");
  }

  /** Number of the process; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /**
   * Runs a request to its end.
   * @throws UserError for a refusal, CancelledError after {@link stop}, Error for a defect or a process that ended before it had answered.
   */
  async run(request: EngineRequest, onProgress: (progress: Progress) => void): Promise<void> {
    const answer = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => { reject(new Error("The engine's process did not answer in time.")); }, patience.ready);
      this.child.on("message", (event: EngineProcessEvent) => {
        switch (event.type) {
          case "ready":
            clearTimeout(late);
            // A stop that came first has found nothing to stop.
            if (this.asked) void this.end();
            else this.send({ type: "run", request });
            return;
          case "progress":
            onProgress(event.progress);
            return;
          case "done":
            if (this.asked) reject(this.discard(event.written));
            else resolve();
            return;
          case "failed":
            reject(errorOf(event.error));
        }
      });
      void this.ended.then((how) => {
        clearTimeout(late);
        reject(this.asked ? new CancelledError() : new Error(`The engine's process ended ${how} before it had answered.`));
      });
    });
    this.send({ type: "hello", protocol: engineProtocol });
    return answer;
  }

  /** Ends the process: by asking, then by SIGTERM, then by SIGKILL. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.asked = true;
    this.send({ type: "cancel" });
    if (await this.gone(patience.cancel)) return;
    this.child.kill("SIGTERM");
    if (await this.gone(patience.terminate)) return;
    await this.end();
  }

  /** Ends the process at once, as one that was asked to stop; resolves when it is gone. */
  async end(): Promise<void> {
    this.asked = true;
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Removes what was written while the stop was on its way. */
  private discard(written: readonly string[]): CancelledError {
    try {
      for (const path of written) rmSync(path, { force: true });
    } catch (error) {
      this.log.warn(`A file of a stopped analysis stays: ${messageOf(error)}`);
    }
    return new CancelledError();
  }

  private send(call: EngineHello | EngineCall): void {
    // A process that is ending takes no messages; whoever waits for it sees its end.
    if (this.child.connected) this.child.send(call, () => undefined);
  }

  /** Whether the process ends within so many milliseconds. It ends by itself when it has answered, since it is disconnected then. */
  private async gone(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => { timer = setTimeout(() => { resolve(false); }, milliseconds); });
    const soon = this.ended.then(() => true);
    try {
      return await Promise.race([soon, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
