import { UserError } from "../../shared/errors";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { activation } from "./activation";
import type { Architecture, Config, Family } from "./architecture";
import { flag, optionalSize, optionalText } from "./config";
import { mambaLike } from "./mamba-like";
import { mambaMixer } from "./mamba-mixer";
import { any, holds, type Weights } from "./weights";

const marker = "embeddings.word_embeddings.weight";

/** Caduceus-Ph (arXiv 2403.03234) in the names of its authors: Mamba that reads a sequence of DNA from both ends. */
export const caduceus: Family = {
  name: "caduceus",
  modelTypes: ["caduceus"],
  recognises: (checkpoint) => holds(checkpoint, marker) && holds(checkpoint, "layers.0.mixer.mamba_fwd.A_log"),
  build: (weights, config) => {
    refuseTwoStrands(weights, config);
    return build(weights.within(marker), config);
  },
};

/** Models that are equivariant to reverse complements run each norm on two halves of their channels, and have names of their own. */
function refuseTwoStrands({ checkpoint }: Weights, config: Config): void {
  if (!flag(config, "rcps", false) && !holds(checkpoint, "submodule.mamba_fwd.A_log")) return;
  throw new UserError(`${checkpoint.path} is a Caduceus that reads both strands at once (rcps), which NormLens does not run; record its norm inputs where it runs, in a capture file (docs/capture.md).`);
}

function build(weights: Weights, config: Config): Architecture {
  const joined = optionalText(config, "bidirectional_strategy") === "ew_multiply" ? "Mul" : "Add";
  return mambaLike(weights, config, {
    family: "caduceus",
    table: weights.tensor(marker, [any, any]),
    depth: weights.blocks((block) => `layers.${block}.norm.weight`, optionalSize(config, "n_layer")),
    epsField: "norm_epsilon",
    outside: weights.outside("backbone.").outside("caduceus."),
    mix: (g, x, names, width) => bothWays(g, x, names, width, joined),
    seesAll: true,
  });
}

/** One mixer reads forwards, one backwards, whose projections may be the first one's. */
function bothWays(g: GraphBuilder, x: Value, names: Weights, width: number, joined: "Add" | "Mul"): Value {
  const [forwards, backwards] = [names.at("mamba_fwd"), names.at("mamba_rev")];
  const act = activation("silu");
  const read = mambaMixer(g, x, forwards, width, act);
  if (!backwards.has("A_log")) return read;
  const projections = backwards.has("in_proj.weight") ? backwards : forwards;
  return g.op(joined, [read, reversed(g, mambaMixer(g, reversed(g, x), backwards, width, act, projections))]);
}

/** The sequence from its end to its beginning. */
function reversed(g: GraphBuilder, x: Value): Value {
  return g.op("Slice", [x, g.ints([-1]), g.ints([-(2 ** 31)]), g.ints([1]), g.ints([-1])]);
}
