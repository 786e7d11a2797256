import { messageOf, UserError } from "../../shared/errors";
import { engineLabel, sameEngine, type EngineChoice, type EngineName, type EngineStatus } from "../../shared/engines";
import { formatNumber } from "../../shared/format";
import { withFallback, type FallingRuntime } from "./fallback";
import type { Proof, Works } from "./proof/prove";
import type { Prover } from "./proof/prover";
import type { Runtime, RuntimeOptions } from "./runtime";
import { engines, matchingEngines, type Engine } from "./runtimes";

/** How engines are tried. */
export interface Trials {
  /** Those there are, in the order in which equals are preferred. */
  readonly engines?: readonly Engine[];
  readonly prover: Prover;
  readonly signal?: AbortSignal;
  /** Before an engine is tried, since that can take a while. */
  readonly onTrying?: (engine: EngineName) => void;
}

/** A runtime that is open, and why it is this one. */
export interface ChosenRuntime {
  readonly runtime: FallingRuntime;
  readonly choice: EngineChoice;
}

/** An engine that works. */
interface Proven {
  readonly engine: Engine;
  /** Absent where nothing was compared. */
  readonly proof?: Works;
}

/** What spoke against an engine. */
type Rejection = EngineName & { readonly reason: string };

/**
 * Opens the engine that was asked for, or of several that were admitted the fastest that works.
 * @throws UserError where there is none of that name, or none that works here; CancelledError.
 */
export async function chooseRuntime(asked: EngineName, options: RuntimeOptions, trials: Trials): Promise<ChosenRuntime> {
  const admitted = matchingEngines(asked, trials.engines);
  const rejected: Rejection[] = [];
  const regular = admitted.length === 1 ? admitted : admitted.filter((engine) => engine.lastResort !== true);
  const ranked = await rank(regular, options, trials, rejected);
  const lastResorts = admitted.filter((engine) => !regular.includes(engine));
  for (const { engine, proof } of [...ranked, ...lastResorts.map((engine): Proven => ({ engine }))]) {
    const unproven = lastResorts.includes(engine) && !(await provenOrRejected(engine, options, trials, rejected));
    const runtime = unproven ? undefined : await openOrReject(engine, options, rejected);
    if (runtime === undefined) continue;
    const stands = (other: Engine): boolean => other !== engine && !rejected.some((one) => sameEngine(one, other));
    const slower = ranked.filter((other) => stands(other.engine));
    const others = [...rejected, ...slower.flatMap((other) => slowerThan(engine, proof, other)), ...lastResorts.filter(stands).map(leftAside)];
    const reason = admitted.length === 1 ? "asked for" : reasonFor(engine, slower.length + 1);
    return { runtime: withFallback(runtime, engine.trusted === true ? undefined : () => openFallback(engine, options, trials.engines)), choice: { asked, reason, others } };
  }
  const reasons = rejected.map((rejection) => `${engineLabel(rejection)}: ${rejection.reason}`).join("; ");
  throw new UserError(`${admitted.length === 1 ? "The engine that was asked for does" : "None of the engines that were asked for does"} not run on this machine (${reasons}); "normlens engines" tells what does.`);
}

/**
 * Tries every engine, whatever was asked for, or `only` one.
 * @throws UserError where there is none of that name; CancelledError.
 */
export async function surveyEngines(options: RuntimeOptions, trials: Trials, only?: EngineName): Promise<EngineStatus[]> {
  const statuses: EngineStatus[] = [];
  for (const engine of only === undefined ? (trials.engines ?? engines) : matchingEngines(only, trials.engines)) {
    const { runtime, device } = engine;
    const proof = await tryOut(engine, options, trials);
    const { works: available, ...rest } = proof;
    statuses.push({ runtime, device, available, ...rest });
  }
  return statuses;
}

/** How much faster an engine has to be than one that is trusted: speeds are measured once, in a moment that may have been a busy one. */
const clearlyFaster = 2;

function weight({ engine, proof }: { readonly engine: Engine; readonly proof: Works }): number {
  return proof.gigaflops * (engine.trusted === true ? clearlyFaster : 1);
}

/** The engines that work, fastest first. One that is trusted is only timed where another one is there to be compared with it. */
async function rank(candidates: readonly Engine[], options: RuntimeOptions, trials: Trials, rejected: Rejection[]): Promise<Proven[]> {
  const trusted = candidates.filter((engine) => engine.trusted === true);
  const proven: { engine: Engine; proof: Works }[] = [];
  for (const engine of candidates) {
    const needless = engine.trusted === true && proven.length === 0;
    if (needless) continue;
    const proof = await tryOut(engine, options, trials);
    if (proof.works) proven.push({ engine, proof });
    else rejected.push(rejection(engine, proof.reason));
  }
  const untimed = trusted.filter((engine) => !proven.some((one) => one.engine === engine) && !rejected.some((one) => sameEngine(one, engine)));
  return [...proven.sort((a, b) => weight(b) - weight(a)), ...untimed.map((engine) => ({ engine }))];
}

async function tryOut(engine: Engine, options: RuntimeOptions, { prover, signal, onTrying }: Trials): Promise<Proof> {
  const missing = engine.missing?.(options);
  if (missing !== undefined) return { works: false, reason: missing };
  onTrying?.(engine);
  return prover({ runtime: engine.runtime, device: engine.device }, options, signal);
}

async function provenOrRejected(engine: Engine, options: RuntimeOptions, trials: Trials, rejected: Rejection[]): Promise<boolean> {
  const proof = await tryOut(engine, options, trials);
  if (!proof.works) rejected.push(rejection(engine, proof.reason));
  return proof.works;
}

async function openOrReject(engine: Engine, options: RuntimeOptions, rejected: Rejection[]): Promise<Runtime | undefined> {
  try {
    const missing = engine.missing?.(options);
    if (missing !== undefined) throw new Error(missing);
    return await engine.open(options);
  } catch (error) {
    rejected.push(rejection(engine, messageOf(error).split("\n")[0]!));
    return undefined;
  }
}

/** What takes over from an engine that fails while it runs: the first that opens of those that need no driver. */
async function openFallback(failed: Engine, options: RuntimeOptions, from = engines): Promise<Runtime> {
  const rejected: Rejection[] = [];
  for (const engine of from.filter((one) => one !== failed && (one.trusted === true || one.lastResort === true))) {
    const runtime = await openOrReject(engine, options, rejected);
    if (runtime !== undefined) return runtime;
  }
  throw new Error(`no other engine could take over (${rejected.map((one) => `${engineLabel(one)}: ${one.reason}`).join("; ")})`);
}

function reasonFor(taken: Engine, working: number): string {
  if (taken.lastResort === true) return "the last resort, since nothing else works here";
  return working === 1 ? "nothing else that was tried works here" : `the fastest of ${working} that work here`;
}

function slowerThan(taken: Engine, best: Works | undefined, { engine, proof }: Proven): Rejection[] {
  if (proof === undefined || best === undefined) return [];
  return [rejection(engine, `not ${taken.trusted === true ? "clearly " : ""}faster: ${formatNumber(proof.gigaflops)} GFLOP/s, where ${engineLabel(taken)} has ${formatNumber(best.gigaflops)}`)];
}

function leftAside(engine: Engine): Rejection {
  return rejection(engine, "a last resort, not tried");
}

function rejection({ runtime, device }: EngineName, reason: string): Rejection {
  // Reasons stand in the middle of sentences.
  return { runtime, device, reason: reason.replace(/\.$/, "") };
}
