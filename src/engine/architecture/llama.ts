import { outSize, type NormSpecification } from "../graph/builder";
import { activation } from "./activation";
import { blockIndices, hiddenState, stage, type Architecture, type Config, type Family, type Stage } from "./architecture";
import { attention } from "./attention";
import { architectureName, eps, headSize, keyValueHeadCount, optionalSize, optionalText, size } from "./config";
import { finalNormStage, logitsStage } from "./ends";
import { rotaryFrequencies, rotate, type Rotary } from "./rotary";
import { any, holds, type Weights } from "./weights";

/** Names of a block's parts, which differ between Hugging Face and Meta. */
interface Names {
  readonly attentionNorm: string;
  readonly ffnNorm: string;
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly attentionOut: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
  readonly embedding: string;
  readonly head: string;
  readonly pairs: Rotary["pairs"];
}

const huggingFace: Names = {
  attentionNorm: "input_layernorm",
  ffnNorm: "post_attention_layernorm",
  q: "self_attn.q_proj",
  k: "self_attn.k_proj",
  v: "self_attn.v_proj",
  attentionOut: "self_attn.o_proj",
  gate: "mlp.gate_proj",
  up: "mlp.up_proj",
  down: "mlp.down_proj",
  embedding: "embed_tokens.weight",
  head: "lm_head.weight",
  pairs: "halves",
};

const meta: Names = {
  attentionNorm: "attention_norm",
  ffnNorm: "ffn_norm",
  q: "attention.wq",
  k: "attention.wk",
  v: "attention.wv",
  attentionOut: "attention.wo",
  gate: "feed_forward.w1",
  up: "feed_forward.w3",
  down: "feed_forward.w2",
  embedding: "tok_embeddings.weight",
  head: "output.weight",
  pairs: "neighbours",
};

const marker = (names: Names): string => `layers.0.${names.attentionNorm}.weight`;

/** LLaMA 1 to 3, in the names of Hugging Face and of Meta. */
export const llama: Family = {
  name: "llama",
  modelTypes: ["llama"],
  recognises: (checkpoint) =>
    [huggingFace, meta].some(
      (names) => holds(checkpoint, marker(names)) && holds(checkpoint, `layers.0.${names.q}.weight`) && holds(checkpoint, `layers.0.${names.gate}.weight`),
    ),
  build: (weights, config) => {
    const names = holds(weights.checkpoint, marker(meta)) ? meta : huggingFace;
    return build(weights.within(marker(names)), names, config);
  },
};

function build(weights: Weights, names: Names, config: Config): Architecture {
  const tokenTable = weights.tensor(names.embedding, [any, any]);
  const [vocabularySize, width] = tokenTable.shape as [number, number];
  const depth = weights.blocks((block) => `layers.${block}.${names.attentionNorm}.weight`, optionalSize(config, "num_hidden_layers", "n_layers"));
  const heads = size(config, "num_attention_heads", "n_heads");
  const keyValueHeads = keyValueHeadCount(config, heads);
  const sizeOfHead = optionalSize(config, "head_dim") ?? headSize(width, heads);
  const contextLength = optionalSize(config, "max_position_embeddings", "max_seq_len") ?? 2048;
  const act = activation(optionalText(config, "hidden_act") ?? "silu");
  const normEps = eps(config, ["rms_norm_eps", "norm_eps"], names === meta ? 1e-5 : 1e-6);
  const rotary: Rotary = { frequencies: rotaryFrequencies(config, sizeOfHead), pairs: names.pairs };
  const attentionShape = { heads, keyValueHeads, headSize: sizeOfHead, causal: true };

  const embedding = stage("embedding", (g) => {
    g.output(g.lookUp(tokenTable, g.input("input_ids", "int64", ["batch", "sequence"])), hiddenState(0));
  });

  const block = (index: number): Stage =>
    stage(`block ${index}`, (g) => {
      const parts = weights.at(`layers.${index}`);
      const norm = (name: string, role: "attention" | "ffn"): NormSpecification => ({
        ...parts.norm(name, width),
        kind: "rmsnorm",
        role,
        depth: index,
        eps: normEps,
      });
      const x = g.input(hiddenState(index), "float32", ["batch", "sequence", width]);
      const normed = g.norm(x, norm(names.attentionNorm, "attention"));
      const project = (name: string, count: number): string =>
        g.unflatten(g.linear(normed, parts.linear(name, width, count * sizeOfHead)), x, [count, sizeOfHead]);
      const q = rotate(g, project(names.q, heads), rotary);
      const k = rotate(g, project(names.k, keyValueHeads), rotary);
      const mixed = attention(g, q, k, project(names.v, keyValueHeads), attentionShape);
      const out = g.linear(mixed, parts.linear(names.attentionOut, heads * sizeOfHead, width));
      const attended = g.add(x, g.unflatten(out, x, [width]));
      const fed = g.norm(attended, norm(names.ffnNorm, "ffn"));
      const gate = parts.linear(names.gate, width, any);
      const gated = g.multiply(act(g, g.linear(fed, gate)), g.linear(fed, parts.linear(names.up, width, outSize(gate))));
      const down = g.linear(gated, parts.linear(names.down, outSize(gate), width));
      g.output(g.add(attended, g.unflatten(down, x, [width])), hiddenState(index + 1));
    });

  const lastNorm = { ...weights.norm("norm", width), kind: "rmsnorm", role: "final", depth, eps: normEps } as const;
  const untied = weights.outside("model.").optional(names.head, [vocabularySize, width]);

  return {
    name: architectureName(config, "llama"),
    width,
    depth,
    isLanguageModel: true,
    input: { modality: "text", vocabularySize, contextLength },
    stages: [embedding, ...blockIndices(depth).map(block), finalNormStage(width, lastNorm)],
    head: logitsStage({ weight: untied ?? tokenTable, layout: "out-in" }),
    assumptions: [],
  };
}
