import type { GraphFeed } from "../../shared/graph-feed";
import type { InputChoice } from "../../shared/request";
import type { InputDescription } from "../../shared/result";
import type { EmbeddedTokenizer } from "../checkpoint/checkpoint";
import type { Tensor } from "../tensor";

export type { GraphFeed, InputChoice };

/** What a model expects to be fed; each architecture states its own. */
export type ModelInput = TextInput | ImageInput | AudioInput | LatentInput | GraphInput;

/** Token ids of shape [batch, sequence], int64, fed as `input_ids`. */
export interface TextInput {
  readonly modality: "text";
  /** Ids run from 0 to this - 1. */
  readonly vocabularySize: number;
  /** Longest sequence that the model can take. */
  readonly contextLength: number;
  /** True where ids are the characters' code points, no tokenizer is needed, and shorter sequences are filled up with zeros, as the model itself has them. */
  readonly characters?: true;
}

/** Pixel values of shape [batch, channels, height, width], float32, fed as `pixel_values`. */
export interface ImageInput {
  readonly modality: "images";
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Rows that one image becomes: patches and special tokens. */
  readonly tokensPerImage: number;
  /** True where the model takes pictures of any size: then they are made at this one, whatever size its preprocessor makes. */
  readonly takesAnySize?: true;
  /** Where the model takes text beside each image: token ids [images, context length], fed as `input_ids`. */
  readonly text?: TextInput;
}

/** Pieces of sound, float32: samples [pieces, samples], or log-mel frames [pieces, bands, frames]. */
export interface AudioInput {
  readonly modality: "audio";
  /** Name under which they are fed. */
  readonly feed: "input_values" | "input_features";
  /** Of one piece. */
  readonly shape: readonly number[];
  /** Rows that one piece becomes. */
  readonly tokensPerPiece: number;
  /** Where the model reads text beside each piece: token ids [pieces, context length], fed as `input_ids`. */
  readonly text?: TextInput;
}

/** What a diffusion model takes the noise from: pieces [pieces, ...shape], float32, fed as `latents`. */
export interface LatentInput {
  readonly modality: "latents";
  /** Of one piece. */
  readonly shape: readonly number[];
  /** Rows that one piece becomes. */
  readonly tokensPerPiece: number;
  /** What it is told beside each piece, int64 [pieces]: the name under which it is fed, and the number of values that it can take, from 0 on. */
  readonly conditions: Readonly<Record<string, number>>;
}

/** Whatever a graph of unknown origin declares. */
export interface GraphInput {
  readonly modality: "graph";
  readonly feeds: readonly GraphFeed[];
}

/** How much of it, and how it is cut. */
export interface InputOptions {
  readonly choice: InputChoice;
  /** At most this many tokens (image patches count as tokens; at least one image is taken). */
  readonly maxTokens: number;
  /** Length to which text is cut; the model's context length, at most 1024, where absent. */
  readonly sequenceLength?: number;
  /** Longest sequence to cut to where the model allows longer ones; text that is to be split must not be one sequence. */
  readonly longestSequence?: number;
  readonly seed: number;
  /** The checkpoint's own tokenizer; a tokenizer.json in its folder comes before it. */
  readonly tokenizer?: EmbeddedTokenizer;
  /** Tokens that run together at most; `defaultBatchTokens` where absent. No result depends on it. */
  readonly batchTokens?: number;
}

/** Sequences of one length that run together, so that nothing is ever padded. */
export interface Batch {
  /** Graph input name to tensor; the first dimension of each is `sequences`. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly sequences: number;
  /** Tokens in each sequence. */
  readonly sequenceLength: number;
}

/** Calibration input, ready to run. */
export interface CalibrationInput {
  readonly batches: readonly Batch[];
  /** All but `skipFirst`, which is the measurement's. */
  readonly description: Omit<InputDescription, "skipFirst">;
  /** Things to tell the user: unknown tokens, images that were left out ... */
  readonly warnings: readonly string[];
}
