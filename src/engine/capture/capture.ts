import type { Norm } from "../../shared/norm";
import type { ModelDescription } from "../../shared/result";
import type { TensorReference } from "../checkpoint/checkpoint";
import type { JsonObject } from "../checkpoint/json";
import type { SequenceRun } from "./sequence-runs";

/*
 * A capture is a safetensors file that holds what went into a model's norm layers:
 *
 *   tensors        NAME.input   [tokens, channels] or [batch, tokens, channels]
 *                  NAME.weight  [channels] or one value, absent where the norm has no gain
 *                  NAME.bias    [channels], absent where the norm has no offset
 *   __metadata__   NAME.kind    layernorm | rmsnorm | groupnorm
 *                  NAME.eps, NAME.role, NAME.depth, NAME.calls, NAME.rows_per_sequence, NAME.rows_per_position
 *                  schema, model, input
 */

/** Version of the capture file; a file that names another is refused, one that names none is read as this. */
export const captureSchema = "normlens-capture/1";

/** What is said of each norm in the metadata, each under `NAME.` and this key. */
export type CaptureKey = "kind" | "eps" | "role" | "depth" | "calls" | "rows_per_sequence" | "rows_per_position";

/** An opened capture file: norm layers with their weights, and the places of their inputs. */
export interface Capture {
  /** As the user named it. */
  readonly path: string;
  /** Block by block; within a block, in the order of the file. */
  readonly layers: readonly CaptureLayer[];
  /** As the producer described it; "unknown", 0 and false where it did not. */
  readonly model: ModelDescription;
  /** The producer's description of the calibration input, unchecked; absent where there is none. */
  readonly input?: JsonObject;
}

/** One norm layer of a capture. */
export interface CaptureLayer {
  readonly norm: Norm;
  /** The input; its last dimension is `norm.channels`, all others together are `rows`. */
  readonly reference: TensorReference;
  /** 0 where the layer was announced but saw nothing. */
  readonly rows: number;
  /** How the rows fall into sequences, in order; their rows add up to `rows`. */
  readonly runs: readonly SequenceRun[];
  /** Rows that one position of a sequence takes: the number of heads for query and key norms, else 1. */
  readonly rowsPerPosition: number;
  /** Times that the layer ran in one forward pass. */
  readonly calls: number;
}
