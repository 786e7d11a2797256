import type { EngineFallback } from "./engines";
import type { NormRole } from "./norm";
import type { Naming } from "./parameter-names";
import type { AnalysisRequest } from "./request";
import type { Replacement } from "./replacement";
import type { InputDescription } from "./result";

/** Asks for a checkpoint to be written anew with DyT in the place of its norms. */
export interface ConvertRequest {
  /** What is converted; unless there are values, it is run like this first, and what is fitted to its norms is taken. */
  readonly analysis: AnalysisRequest;
  /** Folder that is made. */
  readonly target: string;
  /** A result, with its values beside it; or a safetensors file with NAME.alpha and, where they are to be set, NAME.weight and NAME.bias; or a JSON file of alphas by name. */
  readonly values?: string;
  /** Fits layer after layer, each on what the converted layers before it hand on, where there are no values; absent: every layer by itself. */
  readonly inOrder?: InOrderFit;
  /** Layers to convert, by name; all where absent. */
  readonly layers?: readonly string[];
  /** Roles to convert; all where absent. */
  readonly roles?: readonly NormRole[];
  readonly names: Naming;
}

/** What is said of a fit in order. */
export interface InOrderFit {
  /** The user's own alphas by layer, to which weights and biases are fitted; other layers get alphas of their own. */
  readonly alphas?: Readonly<Record<string, number>>;
}

/** A norm that was replaced. */
export interface ConvertedLayer {
  readonly name: string;
  readonly role: NormRole;
  readonly channels: number;
  readonly alpha: number;
  /** How much of the norm's output the layer explains, on the calibration input; absent where it is not known. */
  readonly r2?: number;
}

/** A norm that stayed. */
export interface KeptNorm {
  readonly name: string;
  readonly reason: string;
}

/** Where the values of a conversion come from: an analysis that ran for it, an earlier one, or a file of values alone. */
export type ValuesSource =
  /** With what is to be said of the input, as that it is noise, in sentences. */
  | { readonly kind: "fit"; readonly input: InputDescription; readonly inputWarnings: readonly string[]; readonly inOrder?: InOrderFit; readonly fallback?: EngineFallback }
  /** With what replacing costs, where that was measured. */
  | { readonly kind: "result"; readonly path: string; readonly input: InputDescription; readonly replacement?: Replacement }
  | { readonly kind: "file"; readonly path: string };

/** What a conversion wrote. */
export interface Conversion {
  /** The folder, as its user named it. */
  readonly target: string;
  readonly family: string;
  readonly source: ValuesSource;
  readonly layers: readonly ConvertedLayer[];
  readonly kept: readonly KeptNorm[];
  /** What a user should know before using it, in sentences. */
  readonly warnings: readonly string[];
  /** Names of the files in the folder. */
  readonly files: readonly string[];
  /** Bytes of all tensors. */
  readonly bytes: number;
}
