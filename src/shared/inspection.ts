import type { NormKind, NormRole } from "./norm";

/** What `normlens inspect` tells of a checkpoint from its header and configuration alone. */
export interface Inspection {
  /** File or folder as the user named it. */
  readonly path: string;
  readonly format: string;
  readonly family: string;
  /** Class name from the configuration, or the family again. */
  readonly architecture: string;
  /** Hidden size; 0 where unknown. */
  readonly width: number;
  /** Number of blocks; 0 where unknown. */
  readonly depth: number;
  /** Number of parameters; 0 where unknown. */
  readonly parameters: number;
  /** dtype that holds most of the parameters, as safetensors spells it. */
  readonly dtype: string;
  readonly isLanguageModel: boolean;
  /** In the order in which the forward pass meets them. */
  readonly norms: readonly InspectedNorm[];
  /** By dtype, as safetensors spells it: how many tensors, and how many bytes they take. */
  readonly dtypes: Readonly<Record<string, { readonly tensors: number; readonly bytes: number }>>;
  /** Of all tensors together. */
  readonly bytes: number;
}

/** A norm layer as the header and the configuration tell it; see `Norm` for the fields. */
export interface InspectedNorm {
  readonly name: string;
  readonly kind: NormKind;
  readonly role: NormRole;
  readonly depth: number;
  readonly eps: number;
  readonly channels: number;
}
