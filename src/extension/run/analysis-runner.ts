import { commands, EventEmitter, Uri, type Disposable, type LogOutputChannel } from "vscode";
import type { Conversion, ConvertRequest } from "../../shared/conversion";
import { engineLabel, type EngineFallback, type EngineName } from "../../shared/engines";
import { CancelledError, messageOf, UserError } from "../../shared/errors";
import { formatSeconds } from "../../shared/format";
import { removeLeftovers } from "../../shared/leftovers";
import type { EngineWork } from "../../shared/messages";
import type { RunState, RunTask, WaitingRun } from "../../shared/panel";
import type { Progress } from "../../shared/progress";
import type { CheckpointRequest, EngineRequest } from "../../shared/request";
import { afterCrash, conversionAfterCrash, safeEngine } from "./after-crash";
import { choiceLines } from "./choice-lines";
import { EngineCrash, type EngineProcess, type RunListener } from "./engine-process";

/** What an analysis is to do. */
export interface Job {
  /** What is analysed, for people: the checkpoint's own name. */
  readonly label: string;
  /** Its `out` names the file of the result. */
  readonly request: EngineRequest & { readonly out: string };
}

/** What a conversion is to do. */
export interface ConversionJob {
  /** What is converted, for people. */
  readonly label: string;
  readonly request: ConvertRequest;
}

/** The part of {@link EngineProcess} that the runner uses. */
export type Engine = Pick<EngineProcess, "pid" | "run" | "convert" | "stop" | "end">;

/** Work that a process of the engine is started for. */
interface Attempt<Answer> {
  readonly work: EngineWork;
  readonly ask: (engine: Engine, listener: RunListener) => Promise<Answer>;
}

/** Work for people and for the engine, and how it is tried once more where its engine takes the process down. */
interface Task<Answer> {
  readonly task: RunTask;
  readonly label: string;
  readonly first: Attempt<Answer>;
  readonly again: (chosen: EngineName | undefined, reason: string) => (Attempt<Answer> & { readonly fallback: EngineFallback }) | undefined;
}

/** How the log calls what is done. */
const logWords: Readonly<Record<RunTask, { readonly begun: string; readonly done: string }>> = {
  analysis: { begun: "Analysing", done: "Analysed" },
  replacement: { begun: "Measuring replacements in", done: "Measured replacements in" },
  conversion: { begun: "Converting", done: "Converted" },
};

/** A run that waits for its turn. */
interface Waiting extends WaitingRun {
  readonly start: () => void;
  readonly drop: () => void;
}

/** Milliseconds between two reports of progress: ten a second are as many as anyone reads. */
const reportEvery = 100;

/** Runs analyses and conversions in the engine's process, one at a time and each in a new one; the others wait in the order in which they came. */
export class AnalysisRunner implements Disposable {
  private readonly changes = new EventEmitter<RunState>();
  readonly onDidChange = this.changes.event;
  private current: RunState = { kind: "idle" };
  private engine: Engine | undefined;
  private waiting: Waiting[] = [];
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
  async run({ label, request }: Job): Promise<Uri> {
    const attempt = (asked: EngineRequest): Attempt<void> => ({ work: { type: "run", request: asked }, ask: (engine, listener) => engine.run(asked, listener) });
    await this.inTurn({
      ...{ task: request.kind === "replace" ? "replacement" : "analysis", label, first: attempt(request) },
      again: (chosen, reason) => {
        const asked = afterCrash<CheckpointRequest>(request, chosen, reason);
        return asked && { ...attempt(asked), fallback: asked.fallback };
      },
    });
    return Uri.file(request.out);
  }

  /**
   * Converts a checkpoint when its turn comes.
   * @throws as {@link run} does.
   */
  async convert({ label, request }: ConversionJob): Promise<Conversion> {
    const attempt = (asked: ConvertRequest): Attempt<Conversion> => ({ work: { type: "convert", request: asked }, ask: (engine, listener) => engine.convert(asked, listener) });
    return this.inTurn({
      ...{ task: "conversion", label, first: attempt(request) },
      again: (chosen, reason) => {
        const asked = conversionAfterCrash(request, chosen, reason);
        return asked && { ...attempt(asked), fallback: asked.analysis.fallback };
      },
    });
  }

  private async inTurn<Answer>(task: Task<Answer>): Promise<Answer> {
    if (this.disposed) throw new CancelledError();
    await this.turn(task);
    try {
      return await this.runNow(task);
    } finally {
      this.busy = false;
      this.waiting.shift()?.start();
      this.retell();
    }
  }

  /** Stops the running job, politely, then firmly, and drops those that wait; resolves when no process is left. */
  async stop(): Promise<void> {
    this.dropped += this.dropWaiting();
    if (this.current.kind === "running") this.tell({ ...this.current, stopping: true, queued: [] });
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
  private turn({ task, label }: WaitingRun): Promise<void> {
    if (!this.busy) {
      this.busy = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const start = () => {
        this.busy = true;
        resolve();
      };
      this.waiting.push({ task, label, start, drop: () => { reject(new CancelledError()); } });
      this.retell();
    });
  }

  private async runNow<Answer>(given: Task<Answer>): Promise<Answer> {
    const { task, label, first } = given;
    const { begun, done } = logWords[task];
    this.log.info(`${begun} ${label}: ${JSON.stringify(first.work.request)}`);
    this.dropped = 0;
    const began = Date.now();
    this.tell({ kind: "running", task, label, stopping: false, queued: this.queued });
    try {
      const answer = await this.runOnEngine(given);
      this.log.info(`${done} ${label} in ${formatSeconds((Date.now() - began) / 1000)}.`);
      this.tell({ kind: "idle" });
      return answer;
    } catch (error) {
      if (typeof error === "object" && error !== null) this.told.add(error);
      this.tell(this.failed(task, label, error));
      throw error;
    }
  }

  /** Has work done; where its engine takes the process down, once more on one that can't. */
  private async runOnEngine<Answer>(task: Task<Answer>): Promise<Answer> {
    let chosen: EngineName | undefined;
    try {
      return await this.runOnce(task.first, (engine) => { chosen = engine; });
    } catch (error) {
      const again = error instanceof EngineCrash ? task.again(chosen, `its process ended ${error.how}`) : undefined;
      if (again === undefined) throw error;
      if (this.isStopping) throw new CancelledError();
      this.log.warn(`${engineLabel(again.fallback)} failed: ${again.fallback.reason}. Once more on ${engineLabel(safeEngine)}.`);
      return this.runOnce(again, () => undefined);
    }
  }

  /** Has work done in a process of its own, of which nothing is left in the end. */
  private async runOnce<Answer>({ work, ask }: Attempt<Answer>, onChosen: (engine: EngineName) => void): Promise<Answer> {
    const engine = this.startEngine();
    this.engine = engine;
    try {
      return await ask(engine, {
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
      this.cleanUp(work, engine.pid);
    }
  }

  private get queued(): readonly WaitingRun[] {
    return this.waiting.map(({ task, label }) => ({ task, label }));
  }

  private get isStopping(): boolean {
    return this.disposed || (this.current.kind === "running" && this.current.stopping);
  }

  /** What can't be removed changes nothing about the outcome. */
  private cleanUp(work: EngineWork, pid: number | undefined): void {
    try {
      if (pid !== undefined) removeLeftovers(work, pid);
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

  /** Tells anew what waits. */
  private retell(): void {
    if (this.current.kind === "running") this.tell({ ...this.current, queued: this.queued });
  }

  private tell(state: RunState): void {
    if (state.kind !== this.current.kind) void commands.executeCommand("setContext", "normlens.isRunning", state.kind === "running");
    this.current = state;
    this.changes.fire(state);
  }

  private failed(task: RunTask, label: string, error: unknown): RunState {
    if (error instanceof CancelledError) return { kind: "stopped", task, label, dropped: this.dropped };
    return { kind: "failed", task, label, message: messageOf(error), defect: !(error instanceof UserError) };
  }
}
