/** A runtime on one of its devices: "onnxruntime" on "webgpu". */
export interface EngineName {
  readonly runtime: string;
  readonly device: string;
}

/** What this machine makes of an engine. */
export interface EngineStatus extends EngineName {
  readonly available: boolean;
  /** Version of the runtime; where it is available. */
  readonly version?: string;
  /** Name of the GPU that computes; where it is available and tells. */
  readonly hardware?: string;
  /** Billions of float operations a second in a transformer block; where it is available and was measured. */
  readonly gigaflops?: number;
  /** Where it is not available: what is missing. */
  readonly reason?: string;
}

/** How a run came by its engine. */
export interface EngineChoice {
  /** What was asked for; "auto" stands for any. */
  readonly asked: EngineName;
  /** Why the engine was taken: "the fastest of 3 that work here". */
  readonly reason: string;
  /** Engines that were looked at and not taken, each with what spoke against it. */
  readonly others: readonly (EngineName & { readonly reason: string })[];
}

/** An engine that failed while it ran, and whose work another one took over. */
export interface EngineFallback extends EngineName {
  readonly reason: string;
}

/** Whether two names are those of one engine. */
export function sameEngine(a: EngineName, b: EngineName): boolean {
  return a.runtime === b.runtime && a.device === b.device;
}

/** Whether a wish, in which "auto" stands for any, admits an engine. */
export function admits(wish: EngineName, { runtime, device }: EngineName): boolean {
  return (wish.runtime === "auto" || wish.runtime === runtime) && (wish.device === "auto" || wish.device === device);
}

/** An engine for people: "onnxruntime on webgpu". */
export function engineLabel({ runtime, device }: EngineName): string {
  return `${runtime} on ${device}`;
}
