import { commands, EventEmitter, Uri, type Disposable, type LogOutputChannel } from "vscode";
import { engineLabel, type EngineName } from "../../shared/engines";
import { CancelledError, messageOf, UserError } from "../../shared/errors";
import { formatSeconds } from "../../shared/format";
import { removeLeftovers } from "../../shared/leftovers";
import type { RunState, RunTask } from "../../shared/panel";
import type { Progress } from "../../shared/progress";
import type { EngineRequest } from "../../shared/request";
import { afterCrash, safeEngine } from "./after-crash";
import { choiceLines } from "./choice-lines";
import { EngineCrash, type EngineProcess } from "./engine-process";

/** What an analysis is to do. */
export interface Job {
  /** What is analysed, for people: the checkpoint's own name. */
  readonly label: string;
  /** Its `out` names the file of the result. */
  readonly request: EngineRequest & { readonly out: string };
}

/** The part of {@link EngineProcess} that the runner uses. */
export type Engine = Pick<EngineProcess, "pid" | "run" | "stop" | "end">;

/** Milliseconds between two reports of progress: ten a second are as many as anyone reads. */
const reportEvery = 100;

/** Runs analyses in the engine's process, one at a time and each in a new one; the others wait in the order in which they came. */
export class AnalysisRunner implements Disposable {
  private readonly changes = new EventEmitter<RunState>();
  readonly onDidChange = this.changes.event;
  private current: RunState = { kind: "idle" };
  private engine: Engine | undefined;
  private waiting: { readonly start: () => void; readonly drop: () => void }[] = [];
  private busy = false;
  private ending: Promise<void> = Promise.resolve();
  private lastReport = 0;
  /** Those that waited and were dropped since the running one was asked to stop. */
  private dropped = 0;
  private disposed = false;
  private readonly told = new WeakSet<object>();

  constructor(
    private readonly startEngine: () => Engine,
    private readonly log: Pick<LogOutputChannel, "info" | "warn">,
  ) {}

  get state(): RunState {
    return this.current;
  }

  /** Process of the engine, while one runs. */
  get pid(): number | undefined {
    return this.engine?.pid;
  }

  /** Whether an error is what became of a run, which the state tells, and no refusal before it. */
  hasTold(error: unknown): boolean {
    return typeof error === "object" && error !== null && this.told.has(error);
  }

  /**
   * Runs a job when its turn comes.
   * @returns the file of the result.
   * @throws UserError for a refusal, CancelledError where it was stopped, or the extension ends, Error for a defect or a process that died.
   */
  async run(job: Job): Promise<Uri> {
    if (this.disposed) throw new CancelledError();
    await this.turn();
    try {
      return await this.runNow(job);
    } finally {
      this.busy = false;
      this.waiting.shift()?.start();
      this.retell();
    }
  }

  /** Stops the running job, politely, then firmly, and drops those that wait; resolves when no process is left. */
  async stop(): Promise<void> {
    this.dropped += this.dropWaiting();
    if (this.current.kind === "running") this.tell({ ...this.current, stopping: true, queued: 0 });
    await this.engine?.stop();
    await this.ending;
  }

  /** Whatever runs ends at once, and nothing is begun anymore. */
  dispose(): void {
    this.disposed = true;
    this.dropWaiting();
    void this.engine?.end();
    this.changes.dispose();
  }

  /** @returns how many have waited. */
  private dropWaiting(): number {
    const waiting = this.waiting.splice(0);
    for (const { drop } of waiting) drop();
    return waiting.length;
  }

  /** Resolves when nothing else runs. */
  private turn(): Promise<void> {
    if (!this.busy) {
      this.busy = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const start = () => {
        this.busy = true;
        resolve();
      };
      this.waiting.push({ start, drop: () => { reject(new CancelledError()); } });
      this.retell();
    });
  }

  private async runNow({ label, request }: Job): Promise<Uri> {
    const task: RunTask = request.kind === "replace" ? "replacement" : "analysis";
    this.log.info(`Analysing ${label}: ${JSON.stringify(request)}`);
    this.dropped = 0;
    const began = Date.now();
    this.tell({ kind: "running", task, label, stopping: false, queued: this.waiting.length });
    try {
      await this.runOnEngine(request);
      this.log.info(`Analysed ${label} in ${formatSeconds((Date.now() - began) / 1000)}.`);
      this.tell({ kind: "idle" });
      return Uri.file(request.out);
    } catch (error) {
      if (typeof error === "object" && error !== null) this.told.add(error);
      this.tell(this.failed(task, label, error));
      throw error;
    }
  }

  /** Runs a request; where its engine takes the process down, once more on one that can't. */
  private async runOnEngine(request: EngineRequest): Promise<void> {
    let chosen: EngineName | undefined;
    try {
      await this.runOnce(request, (engine) => { chosen = engine; });
    } catch (error) {
      const again = error instanceof EngineCrash ? afterCrash(request, chosen, `its process ended ${error.how}`) : undefined;
      if (again === undefined) throw error;
      if (this.isStopping) throw new CancelledError();
      this.log.warn(`${engineLabel(again.fallback)} failed: ${again.fallback.reason}. Once more on ${engineLabel(safeEngine)}.`);
      await this.runOnce(again, () => undefined);
    }
  }

  /** Runs a request in a process of its own, of which nothing is left in the end. */
  private async runOnce(request: EngineRequest, onChosen: (engine: EngineName) => void): Promise<void> {
    const engine = this.startEngine();
    this.engine = engine;
    try {
      await engine.run(request, {
        onProgress: (progress) => { this.report(progress); },
        onChosen: (taken, choice) => {
          onChosen(taken);
          for (const line of choiceLines(taken, choice)) this.log.info(line);
        },
      });
    } finally {
      this.engine = undefined;
      this.ending = engine.end();
      await this.ending;
      this.cleanUp(request, engine.pid);
    }
  }

  private get isStopping(): boolean {
    return this.disposed || (this.current.kind === "running" && this.current.stopping);
  }

  /** What can't be removed changes nothing about the outcome. */
  private cleanUp(request: EngineRequest, pid: number | undefined): void {
    try {
      if (pid !== undefined) removeLeftovers(request, pid);
    } catch (error) {
      this.log.warn(`Temporary files may be left: ${messageOf(error)}`);
    }
  }

  private report(progress: Progress): void {
    const now = Date.now();
    const finished = progress.done === progress.total;
    if (this.current.kind !== "running" || (now - this.lastReport < reportEvery && !finished)) return;
    this.lastReport = now;
    this.tell({ ...this.current, progress });
  }

  /** Tells anew how many wait. */
  private retell(): void {
    if (this.current.kind === "running") this.tell({ ...this.current, queued: this.waiting.length });
  }

  private tell(state: RunState): void {
    if (state.kind !== this.current.kind) void commands.executeCommand("setContext", "normlens.isRunning", state.kind === "running");
    this.current = state;
    this.changes.fire(state);
  }

  private failed(task: RunTask, label: string, error: unknown): RunState {
    if (error instanceof CancelledError) return { kind: "stopped", label, dropped: this.dropped };
    return { kind: "failed", task, label, message: messageOf(error), defect: !(error instanceof UserError) };
  }
}
