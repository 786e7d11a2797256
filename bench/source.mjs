// Measures the reading of Python source: parse, find the norm layers, match them with the layers of a result.
// usage: node bench/source.mjs [FILE.py]; without a file, 2,000 generated lines.
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const cache = join(import.meta.dirname, "cache");
const require = createRequire(import.meta.url);
const runs = 31;
mkdirSync(cache, { recursive: true });

/** A file of many models, each with attention, blocks and a stack of them, and as much prose as such files have. */
function generated(lineCount) {
  const model = (index) => `
class Attention${index}(nn.Module):
    """
    Multi-headed attention from 'Attention Is All You Need'.

    Args:
        config: sizes of the model, with the number of heads and whether queries and keys are normalised
        norm_layer: class of the norms of queries and keys, over the size of a head

    Shapes:
        hidden_states: batch, sequence, hidden size
        attention_mask: batch, 1, query sequence, key sequence
    """

    def __init__(self, config, norm_layer=nn.LayerNorm):
        super().__init__()
        self.query = nn.Linear(config.hidden_size, config.hidden_size, bias=config.bias)
        self.key = nn.Linear(config.hidden_size, config.hidden_size, bias=config.bias)
        self.q_norm = norm_layer(config.head_dim) if config.qk_norm else nn.Identity()
        self.k_norm = norm_layer(config.head_dim) if config.qk_norm else nn.Identity()

    def forward(self, hidden_states, attention_mask=None, past_key_values=None):
        query = self.q_norm(self.query(hidden_states)).view(hidden_states.shape[0], -1, self.heads, self.head_dim)
        key = self.k_norm(self.key(hidden_states)).view(hidden_states.shape[0], -1, self.heads, self.head_dim)
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(self.head_dim)
        return torch.matmul(nn.functional.softmax(scores, dim=-1), query), scores


class Block${index}(nn.Module):
    """
    One layer: attention and a feed-forward network, each after a norm and around a residual connection.

    Args:
        config: sizes of the model
        layer_idx: place of the layer in the model, for the cache of keys and values
    """

    def __init__(self, config, layer_idx=None):
        super().__init__()
        self.norm1 = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.attn = Attention${index}(config, norm_layer=partial(nn.LayerNorm, eps=1e-6))
        self.norm2 = RMSNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.mlp = nn.Sequential(nn.Linear(config.hidden_size, 4 * config.hidden_size), nn.GELU(), nn.LayerNorm(4 * config.hidden_size))

    def forward(self, hidden_states, attention_mask=None):
        # What the norm sees is the residual stream as it is, so that a checkpoint can be taken over.
        residual = hidden_states
        hidden_states = self.norm1(hidden_states)
        hidden_states = residual + self.attn(hidden_states, attention_mask=attention_mask)[0]
        return hidden_states + self.mlp(self.norm2(hidden_states))


class Model${index}(nn.Module):
    """
    The layers one after the other, and a norm at the end.

    Args:
        config: sizes of the model, and how many layers it has
    """

    def __init__(self, config):
        super().__init__()
        self.layers = nn.ModuleList([Block${index}(config, layer_idx=i) for i in range(config.num_hidden_layers)])
        self.norm = nn.LayerNorm(config.hidden_size)

    def forward(self, hidden_states):
        for layer in self.layers:
            hidden_states = layer(hidden_states)
        return self.norm(hidden_states)
`;
  const lines = ["import math", "from functools import partial", "", "import torch", "from torch import nn", ""];
  for (let index = 0; lines.length < lineCount; index++) lines.push(...model(index).split("\n"));
  return lines.slice(0, lineCount).join("\n");
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const milliseconds = (value) => `${value.toFixed(1)} ms`;

/** Milliseconds of a piece of work, and what it gave. */
function timed(work) {
  const start = performance.now();
  const result = work();
  return { time: performance.now() - start, result };
}

const outfile = join(cache, "source.cjs");
await build({
  stdin: {
    contents: 'export { PythonParser } from "./python-parser"; export { findNormSites } from "./norm-sites"; export { matchLayers } from "./layer-matching"; export { SourceReader } from "./source-reader"; export { findPaths } from "./module-paths";',
    resolveDir: join(root, "src/source"),
    loader: "ts",
  },
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  logLevel: "warning",
});
const grammar = join(cache, "grammar");
mkdirSync(grammar, { recursive: true });
for (const file of ["web-tree-sitter/web-tree-sitter.wasm", "tree-sitter-python/tree-sitter-python.wasm"]) copyFileSync(require.resolve(file), join(grammar, file.split("/")[1]));

const started = performance.now();
const { PythonParser, SourceReader, findNormSites, findPaths, matchLayers } = require(outfile);
const parser = await PythonParser.load(grammar);
const loaded = performance.now() - started;

const file = process.argv[2];
const text = file === undefined ? generated(2000) : readFileSync(file, "utf8");
const layers = Array.from({ length: 100 }, (_, index) => ["norm1", "norm2", "attn.q_norm", "mlp.2"].map((norm) => ({ name: `model.layers.${index}.${norm}`, kind: norm === "norm2" ? "rmsnorm" : "layernorm" }))).flat();

const whole = () => matchLayers(findNormSites(parser, text).sites, layers);
const first = timed(whole);
const parts = Array.from({ length: runs }, () => {
  const parse = timed(() => parser.parse(text));
  const find = timed(() => {
    const reader = new SourceReader(parse.result);
    findPaths(reader);
    return reader.sites;
  });
  const match = timed(() => matchLayers(find.result, layers));
  return { parse: parse.time, find: find.time, match: match.time, sites: find.result.length, matches: match.result.length };
});
const all = Array.from({ length: runs }, () => timed(whole).time);

console.log(`${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), Node ${process.version}; medians of ${runs} runs\n`);
console.log(`${text.split("\n").length} lines, ${parts[0].sites} sites, ${layers.length} layers, ${parts[0].matches} sites with layers`);
console.log(`load ${milliseconds(loaded)}, first call ${milliseconds(first.time)}`);
console.log(`parse ${milliseconds(median(parts.map(({ parse }) => parse)))}, find ${milliseconds(median(parts.map(({ find }) => find)))}, match ${milliseconds(median(parts.map(({ match }) => match)))}, all ${milliseconds(median(all))} (target 50 ms)`);
