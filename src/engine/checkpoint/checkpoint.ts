import type { Dtype } from "../../shared/dtype";
import type { Graph } from "../graph/graph";
import type { Encoding } from "./encoding";
import type { JsonObject } from "./json";

/** Where the bytes of one tensor lie: they are read, or mapped by a runtime, only when they are needed. */
export interface TensorReference {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute path with all symbolic links resolved. */
  readonly file: string;
  /** Byte offset in the file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
  /** Absent where the bytes are the elements, row-major and little-endian. Where it is present they are decoded as they are read, and no runtime can map them. */
  readonly encoding?: Encoding;
}

/** A tokenizer that stands in a checkpoint's own file. */
export interface EmbeddedTokenizer {
  /** The file. */
  readonly path: string;
  /** As tokenizer.json would state it; made when it is asked for. */
  readonly definition: () => JsonObject;
}

/** An opened checkpoint: names and places, no weights. */
export interface Checkpoint {
  /** As the user named it. */
  readonly path: string;
  /** Folder that holds the configuration, tokenizer and preprocessor files. */
  readonly folder: string;
  readonly format: string;
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorReference>;
  /** Tensors that are there but can't be read: what each is, and what to do. */
  readonly foreign?: ReadonlyMap<string, string>;
  /** config.json (or Meta's params.json), absent where there is none. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where the checkpoint holds its tokenizer itself. */
  readonly tokenizer?: EmbeddedTokenizer;
  /** The whole model, where the checkpoint holds it as a graph and not as tensors alone. */
  readonly graph?: Graph;
  /** What is missing from the graph, so that it can be analysed but not converted: a sentence. */
  readonly leftOut?: string;
  /** Why the graph can't be run, though its norms can be told: a sentence. */
  readonly cannotRun?: string;
}

/** One way of storing a checkpoint. A new format is one file that exports this, and one line in formats.ts. */
export interface CheckpointFormat {
  readonly name: string;
  /** Whether the file or folder is of this format, judged by content. */
  recognises(path: string): Promise<boolean>;
  /** @throws UserError where the checkpoint is damaged or hostile. */
  open(path: string): Promise<Checkpoint>;
}
