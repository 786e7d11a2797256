import type { GraphFeed } from "./graph-feed";
import type { Norm } from "./norm";
import type { ModelDescription } from "./result";

/** What `normlens inspect` tells of a checkpoint from its header and configuration alone. */
export interface Inspection extends ModelDescription {
  /** In the order in which the forward pass meets them. */
  readonly norms: readonly InspectedNorm[];
  /** What a graph must be fed; absent for a model of a family, which takes text, pictures or sound. */
  readonly inputs?: readonly GraphFeed[];
  /** Why an analysis would refuse to run it, and what to do: a sentence. */
  readonly cannotRun?: string;
  /** As in a result's coverage. */
  readonly batchNorms?: readonly string[];
  /** By dtype, as safetensors spells it: how many tensors, and how many bytes they take. */
  readonly dtypes: Readonly<Record<string, { readonly tensors: number; readonly bytes: number }>>;
  /** Of all tensors together. */
  readonly bytes: number;
}

/** A norm layer as the header and the configuration tell it; `channels` is 0 where only a run can tell. */
export type InspectedNorm = Pick<Norm, "name" | "kind" | "role" | "depth" | "eps" | "channels">;
