import { fork, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { LogOutputChannel } from "vscode";
import type { Conversion, ConvertRequest } from "../../shared/conversion";
import type { EngineChoice, EngineName, EngineStatus } from "../../shared/engines";
import { CancelledError, messageOf } from "../../shared/errors";
import { errorOf } from "../../shared/failure";
import { engineProtocol, type EngineCall, type EngineHello, type EngineProcessEvent, type EngineWork } from "../../shared/messages";
import type { Progress } from "../../shared/progress";
import type { EngineRequest, SurveyRequest } from "../../shared/request";

/** Milliseconds that a new process has to answer, and that a stopped one has until the next, firmer way is taken. */
const patience = { ready: 20_000, cancel: 1500, terminate: 1500 };

/** What a run tells on its way. */
export interface RunListener {
  readonly onProgress: (progress: Progress) => void;
  /** Told once, before the model runs. */
  readonly onChosen: (engine: EngineName, choice: EngineChoice) => void;
}

/** The engine's process ended by itself before it had answered: a driver or a library took it down. */
export class EngineCrash extends Error {
  override readonly name = "EngineCrash";

  /** @param how "by SIGSEGV", "with code 1" */
  constructor(readonly how: string) {
    super(`The engine's process ended ${how} before it had answered.`);
  }
}

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
   * @throws UserError for a refusal, CancelledError after {@link stop}, EngineCrash where the process ended before it had answered, Error for a defect.
   */
  async run(request: EngineRequest, listener: RunListener): Promise<void> {
    const { written } = await this.ask({ type: "run", request }, listener, (event) => (event.type === "done" ? event : undefined));
    if (this.asked) throw this.discard(written);
  }

  /**
   * Has a checkpoint converted.
   * @throws as {@link run} does.
   */
  async convert(request: ConvertRequest, listener: RunListener): Promise<Conversion> {
    const { conversion } = await this.ask({ type: "convert", request }, listener, (event) => (event.type === "converted" ? event : undefined));
    if (this.asked) throw this.discard([conversion.target]);
    return conversion;
  }

  /**
   * Has every engine tried, or the one that the request names.
   * @throws as {@link run} does.
   */
  async survey(request: SurveyRequest, onProgress: (progress: Progress) => void): Promise<readonly EngineStatus[]> {
    const { engines } = await this.ask({ type: "survey", request }, { onProgress }, (event) => (event.type === "surveyed" ? event : undefined));
    if (this.asked) throw new CancelledError();
    return engines;
  }

  /** Greets the process, gives it its work, and waits for the event that `answerOf` takes for its answer. */
  private ask<Answer>(work: EngineWork, { onProgress, onChosen }: Partial<RunListener>, answerOf: (event: EngineProcessEvent) => Answer | undefined): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      const late = setTimeout(() => { reject(new Error("The engine's process did not answer in time.")); }, patience.ready);
      this.child.on("message", (event: EngineProcessEvent) => {
        if (event.type === "failed") {
          reject(errorOf(event.error));
        } else if (event.type === "ready") {
          clearTimeout(late);
          // A stop that came first has found nothing to stop.
          if (this.asked) void this.end();
          else this.send(work);
        } else if (event.type === "progress") {
          onProgress?.(event.progress);
        } else if (event.type === "chosen") {
          onChosen?.(event.engine, event.choice);
        } else {
          const found = answerOf(event);
          if (found !== undefined) resolve(found);
        }
      });
      void this.ended.then((how) => {
        clearTimeout(late);
        reject(this.asked ? new CancelledError() : new EngineCrash(how));
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
      for (const path of written) rmSync(path, { force: true, recursive: true });
    } catch (error) {
      this.log.warn(`A file of what was stopped stays: ${messageOf(error)}`);
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
