// Writes checkpoints of random weights in the shapes of known models.
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** GPT-2 of a given size in a folder, Hugging Face layout, F32; kept between runs. */
export function gpt2Checkpoint(folder, { depth = 12, width = 768, heads = 12, vocabulary = 50257, context = 2048 } = {}) {
  if (existsSync(join(folder, "config.json"))) return folder;
  mkdirSync(folder, { recursive: true });
  const tensors = [
    ["wte.weight", [vocabulary, width]],
    ["wpe.weight", [context, width]],
    ...Array.from({ length: depth }, (_, block) => blockTensors(`h.${block}`, width)).flat(),
    ["ln_f.weight", [width]],
    ["ln_f.bias", [width]],
  ];
  writeRandom(join(folder, "model.safetensors"), tensors);
  const config = { model_type: "gpt2", architectures: ["GPT2LMHeadModel"], n_layer: depth, n_head: heads, n_embd: width, n_positions: context, vocab_size: vocabulary };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

function blockTensors(name, width) {
  return [
    [`${name}.ln_1.weight`, [width]],
    [`${name}.ln_1.bias`, [width]],
    [`${name}.attn.c_attn.weight`, [width, 3 * width]],
    [`${name}.attn.c_attn.bias`, [3 * width]],
    [`${name}.attn.c_proj.weight`, [width, width]],
    [`${name}.attn.c_proj.bias`, [width]],
    [`${name}.ln_2.weight`, [width]],
    [`${name}.ln_2.bias`, [width]],
    [`${name}.mlp.c_fc.weight`, [width, 4 * width]],
    [`${name}.mlp.c_fc.bias`, [4 * width]],
    [`${name}.mlp.c_proj.weight`, [4 * width, width]],
    [`${name}.mlp.c_proj.bias`, [width]],
  ];
}

/** A LLaMA index of many shards, tiny weights: what matters is the number of files and names. */
export function shardedIndex(folder, { shards = 100, width = 64 } = {}) {
  const index = join(folder, "model.safetensors.index.json");
  if (existsSync(index)) return folder;
  mkdirSync(folder, { recursive: true });
  const weightMap = {};
  const write = (shard, tensors) => {
    const file = `model-${String(shard + 1).padStart(5, "0")}-of-${String(shards).padStart(5, "0")}.safetensors`;
    writeRandom(join(folder, file), tensors);
    for (const [name] of tensors) weightMap[name] = file;
  };
  for (let shard = 0; shard < shards; shard += 1) {
    const block = `model.layers.${shard}`;
    const tensors = [
      ...["q", "k", "v", "o"].map((part) => [`${block}.self_attn.${part}_proj.weight`, [width, width]]),
      ...["gate", "up"].map((part) => [`${block}.mlp.${part}_proj.weight`, [2 * width, width]]),
      [`${block}.mlp.down_proj.weight`, [width, 2 * width]],
      [`${block}.input_layernorm.weight`, [width]],
      [`${block}.post_attention_layernorm.weight`, [width]],
    ];
    if (shard === 0) tensors.push(["model.embed_tokens.weight", [256, width]], ["model.norm.weight", [width]]);
    write(shard, tensors);
  }
  writeFileSync(index, JSON.stringify({ metadata: {}, weight_map: weightMap }));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: "llama", num_attention_heads: 4, max_position_embeddings: 512 }));
  return folder;
}

/** Norm weights around 1, everything else so that activations neither vanish nor explode. */
function writeRandom(file, tensors) {
  const header = {};
  let end = 0;
  for (const [name, shape] of tensors) {
    const begin = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const descriptor = openSync(file, "w");
  for (const piece of [length, json]) writeSync(descriptor, piece);
  let state = 1;
  for (const [name, shape] of tensors) {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const isGain = /(ln_\w+|norm)\.weight$/.test(name);
    const scale = isGain || shape.length === 1 ? 0.3 : 1.7 / Math.sqrt(shape[0]);
    for (let i = 0; i < data.length; i += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      data[i] = (isGain ? 1 : 0) + scale * (state / 2 ** 31);
    }
    writeSync(descriptor, Buffer.from(data.buffer));
  }
  closeSync(descriptor);
}
