import type { Linear, NormSpecification } from "../graph/builder";
import type { Activation } from "./activation";
import { hiddenState, stage, type Stage } from "./architecture";

/** Name of what the last norm hands on. */
export const lastHiddenState = "last_hidden_state";

/** The norm behind the last block: [batch, sequence, width]. */
export function finalNormStage(width: number, norm: NormSpecification): Stage {
  return stage("final norm", (g) => {
    const x = g.input(hiddenState(norm.depth), "float32", ["batch", "sequence", width]);
    g.output(g.norm(x, norm), lastHiddenState);
  });
}

/** BERT's way to its head: a dense layer, the activation, and the last norm. */
export function maskedHeadStage(from: string, dense: Linear, act: Activation, norm: NormSpecification): Stage {
  return stage("masked-language head", (g) => {
    const x = g.input(from, "float32", ["batch", "sequence", dense.weight.shape[1]!]);
    g.output(g.norm(act(g, g.project(x, dense)), norm), lastHiddenState);
  });
}

/** Logits [batch, sequence, vocabulary]. */
export function logitsStage(head: Linear): Stage {
  return stage("head", (g) => {
    const x = g.input(lastHiddenState, "float32", ["batch", "sequence", head.weight.shape[1]!]);
    g.output(g.project(x, head), "logits");
  });
}
