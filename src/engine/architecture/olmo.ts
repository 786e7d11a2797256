import { UserError } from "../../shared/errors";
import type { Architecture, Config, Family } from "./architecture";
import { flag, positive } from "./config";
import { expertsOf } from "./experts";
import { isLocal, rotaryConfig, windowOf } from "./layer-types";
import { llamaLike, llamaMarker, type LlamaForm } from "./llama-like";
import { plainNormsOf } from "./plain-norm-in";
import { rotaryOf } from "./rotary";
import type { Weights } from "./weights";

/** Not in the configuration of OLMo 1. */
const plainEps = 1e-5;

/** OLMo 1: LLaMA with norms that have nothing stored. OLMo 2 and 3: with the norms behind its branches, and norms over all queries and all keys of a position. OLMoE: the latter, with experts. */
export const olmo: Family = {
  name: "olmo",
  modelTypes: ["olmo", "olmo2", "olmo3", "olmoe"],
  recognises: () => false,
  build: (weights, config) => build(weights.within(llamaMarker), config),
};

function build(weights: Weights, config: Config): Architecture {
  if (config["model_type"] === "olmo") return llamaLike(weights, config, { family: "olmo", norms: plainNormsOf(plainEps), clip: positive(config, "clip_qkv") });
  if (typeof config["clip_qkv"] === "number") throw new UserError(`config.json: "clip_qkv" is ${config["clip_qkv"]}, and queries that are clipped are not read; use a capture file (docs/capture.md).`);
  return llamaLike(weights, config, { family: "olmo", eps: 1e-5, ...(config["model_type"] === "olmo3" ? localAndGlobal(config) : {}), feedForward: experts(config) });
}

/** OLMo 3: every fourth block sees all positions, the others the nearest. */
function localAndGlobal(config: Config): Pick<LlamaForm, "attention" | "rotary"> {
  const usual = (index: number): boolean => (index + 1) % 4 !== 0;
  return {
    attention: (index) => ({ window: windowOf(config, index, usual) }),
    rotary: (index, headSize) => rotaryOf(rotaryConfig(config, isLocal(config, index, usual), 500_000), headSize),
  };
}

function experts(config: Config): NonNullable<LlamaForm["feedForward"]> {
  return (parts, _index, width) =>
    expertsOf(parts, config, width, {
      router: "mlp.gate",
      experts: "mlp.experts",
      names: ["gate_proj", "up_proj", "down_proj"],
      normalised: flag(config, "norm_topk_prob", false),
    });
}
