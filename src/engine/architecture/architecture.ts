import type { Checkpoint } from "../checkpoint/checkpoint";
import { GraphBuilder } from "../graph/builder";
import type { Graph } from "../graph/graph";
import type { NormNode } from "../graph/norms";
import type { ModelInput } from "../input/input";
import type { Weights } from "./weights";

/** A model as a list of stages that run one after another. */
export interface Architecture {
  /** Class name from the configuration, or the family's name. */
  readonly name: string;
  /** Hidden size. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  readonly isLanguageModel: boolean;
  readonly input: ModelInput;
  /** Up to and including the last norm; nothing after it is computed. */
  readonly stages: readonly Stage[];
  /** From the last stage's output to logits, for those who ask for them. */
  readonly head?: Stage;
  /** True where the logits at a position are of the token that follows it. */
  readonly isCausal?: true;
  /** All that a model of unknown origin hands out, where the stages leave out what no norm needs. */
  readonly whole?: Stage;
  /** What had to be assumed, each a sentence for the user. */
  readonly assumptions: readonly string[];
}

/** One graph of a model. It takes what the input or earlier stages hand on by name, and hands on values of its own. */
export interface Stage {
  /** What progress shows: "embedding", "block 3" ... */
  readonly name: string;
  /** Writes the graph; cheap, since weights are only referred to. */
  build(): Graph;
  /** Its norms, where they are known already; else they are looked for. */
  readonly norms?: readonly NormNode[];
}

/** A stage whose graph `write` writes. */
export function stage(name: string, write: (g: GraphBuilder) => void): Stage {
  return {
    name,
    build: () => {
      const g = new GraphBuilder(name);
      write(g);
      return g.build();
    },
  };
}

/** Name under which the hidden state that enters block `depth` is handed on; the last one enters the final norm. */
export function hiddenState(depth: number): string {
  return `hidden_${depth}`;
}

/** The numbers 0 to count - 1, one for each block. */
export function blockIndices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Configuration of a checkpoint: the fields of config.json. */
export type Config = Readonly<Record<string, unknown>>;

/** A family of architectures. A new one is one file that exports this, and one line in families.ts. */
export interface Family {
  /** "gpt2", "llama" ... */
  readonly name: string;
  /** Values of config.json's `model_type` that belong to the family. */
  readonly modelTypes: readonly string[];
  /** Whether a checkpoint without a telling configuration is of the family, judged by its tensors. */
  recognises(checkpoint: Checkpoint): boolean;
  /** @throws UserError where a tensor or a configuration field is missing or does not fit. */
  build(weights: Weights, config: Config): Architecture;
}
