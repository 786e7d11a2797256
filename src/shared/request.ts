import type { EngineFallback, EngineName } from "./engines";

/** What is fed to the model. */
export type InputChoice =
  | { readonly kind: "default" }
  | { readonly kind: "random" }
  | { readonly kind: "text"; readonly path: string }
  | { readonly kind: "ids"; readonly path: string }
  | { readonly kind: "images"; readonly path: string }
  | { readonly kind: "audio"; readonly path: string }
  /** .npy files by the name of a graph's input. */
  | { readonly kind: "tensors"; readonly files: Readonly<Record<string, string>> };

/** Asks for a checkpoint to be analysed. */
export interface AnalysisRequest {
  readonly kind: "analyze";
  /** File or folder. */
  readonly checkpoint: string;
  readonly input: InputChoice;
  /** Most tokens to feed; image patches count as tokens. */
  readonly maxTokens: number;
  /** Length to which text is cut; the model's context length, at most 1024, where absent. */
  readonly sequenceLength?: number;
  /** Tokens that run together; the default suits most machines. */
  readonly batchTokens?: number;
  /** Leaves the first position of every sequence out. */
  readonly skipFirst: boolean;
  readonly seed: number;
  /** "auto" or a runtime's name. */
  readonly runtime: string;
  /** "auto" or a device of the runtime. */
  readonly device: string;
  /** Threads of the runtime; as many as it likes where absent. */
  readonly threads?: number;
  /** Which GPU, as its driver counts from 0; the first where absent. */
  readonly gpu?: number;
  /** True lets a GPU round the factors of float32 products to 10 bits of mantissa (TF32). */
  readonly tf32?: boolean;
  /** Where libtensorflow lies, a file or a folder; looked for where absent. */
  readonly libtensorflow?: string;
  /** An engine that took its process down in an earlier try of this run. */
  readonly fallback?: EngineFallback;
  /** Where the result goes, and the per-channel values beside it. */
  readonly out?: string;
  /** Where the norms' inputs go, as a capture file. */
  readonly taps?: string;
}

/** Asks for a checkpoint to be analysed, and for the cost of replacing its norms to be measured. */
export interface ReplaceRequest extends Omit<AnalysisRequest, "kind"> {
  readonly kind: "replace";
  /** Input to measure on, of the same kind as `input`; where absent, sequences spread over `input`, beside the `maxTokens` that are fitted on. */
  readonly heldOut?: InputChoice;
  /** Most tokens to measure on. */
  readonly heldOutTokens: number;
  /** Layers to replace, by name; all where absent. */
  readonly layers?: readonly string[];
  /** Values of the user's own: a safetensors file with NAME.alpha and, where they are to be set, NAME.weight, NAME.bias, NAME.shift; or a JSON file of alphas by name. */
  readonly values?: string;
  /** The user's own alphas by layer, as the panel's sliders set them; gains and offsets are fitted to them. */
  readonly alphas?: Readonly<Record<string, number>>;
  /** Highest cost, in the measure's units, of replacing as many layers as possible. */
  readonly budget?: number;
  /** Steps in which the values of all layers are tuned together, by gradients; none where absent. */
  readonly tune?: number;
}

/** Asks for a checkpoint to be run. */
export type CheckpointRequest = AnalysisRequest | ReplaceRequest;

/** Asks for the norm inputs of a capture file to be fitted. */
export interface FitRequest {
  readonly kind: "fit";
  readonly capture: string;
  readonly skipFirst: boolean;
  readonly seed: number;
  readonly out?: string;
}

/** How engines are opened, whichever it is. */
export type EngineSettings = Pick<AnalysisRequest, "threads" | "gpu" | "tf32" | "libtensorflow">;

/** Asks which engines work on this machine. */
export interface SurveyRequest extends EngineSettings {
  /** Tries this one alone. */
  readonly only?: EngineName;
}

/** What the engine can be asked to make a result of. */
export type EngineRequest = CheckpointRequest | FitRequest;
