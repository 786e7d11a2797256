import { UserError } from "../../shared/errors";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Config } from "./architecture";
import { flag, optionalObject, optionalText, positive } from "./config";

/** Far more channels than any head has. */
const largestHead = 65_536;

/** Rotary position embedding (RoPE, arXiv 2104.09864). */
export interface Rotary {
  /** Angular frequency of each pair of channels, [head size / 2]. */
  readonly frequencies: Float64Array;
  /** "halves": channel i pairs with i + head size / 2 (Hugging Face); "neighbours": 2i with 2i + 1 (Meta). */
  readonly pairs: "halves" | "neighbours";
}

/**
 * Frequencies from a configuration: `rope_parameters` as transformers 5 writes them, or `rope_theta` and `rope_scaling`, or Meta's `use_scaled_rope`.
 * @throws UserError for a scaling that is not known.
 */
export function rotaryFrequencies(config: Config, headSize: number): Float64Array {
  if (headSize > largestHead) throw new UserError(`config.json: a head of ${headSize} channels is larger than the ${largestHead} that are run; check "head_dim".`);
  if (headSize % 2 !== 0) throw new UserError(`config.json: heads of ${headSize} channels can't be turned in pairs, as rotary positions do.`);
  const stated = optionalObject(config, "rope_parameters") ?? optionalObject(config, "rope_scaling");
  const scaling = stated ?? (flag(config, "use_scaled_rope", false) ? { rope_type: "llama3" } : {});
  const theta = positive(scaling, "rope_theta") ?? positive(config, "rope_theta") ?? 10_000;
  const plain = Float64Array.from({ length: headSize / 2 }, (_, pair) => theta ** ((-2 * pair) / headSize));
  const kind = optionalText(scaling, "rope_type") ?? optionalText(scaling, "type") ?? "default";
  const scale = Object.hasOwn(scalings, kind) ? scalings[kind] : undefined;
  if (scale) return scale(plain, scaling);
  throw new UserError(`config.json: position scaling "${kind}" is not known; NormLens knows ${Object.keys(scalings).join(", ")}.`);
}

type Scaling = (frequencies: Float64Array, parameters: Config) => Float64Array;

const scalings: Readonly<Record<string, Scaling>> = {
  default: (frequencies) => frequencies,
  linear: (frequencies, parameters) => {
    const factor = positive(parameters, "factor") ?? 1;
    return frequencies.map((frequency) => frequency / factor);
  },
  llama3,
};

/** Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, those between blended. */
function llama3(frequencies: Float64Array, parameters: Config): Float64Array {
  const factor = positive(parameters, "factor") ?? 8;
  const low = positive(parameters, "low_freq_factor") ?? 1;
  const high = positive(parameters, "high_freq_factor") ?? 4;
  const trained = positive(parameters, "original_max_position_embeddings") ?? 8192;
  return frequencies.map((frequency) => {
    const turns = (trained * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return frequency * (kept + (1 - kept) / factor);
  });
}

/** Turns queries or keys [batch, sequence, heads, head size] by their position in the sequence. */
export function rotate(g: GraphBuilder, x: Value, rotary: Rotary): Value {
  const cos = angles(g, x, rotary, "Cos");
  const sin = angles(g, x, rotary, "Sin");
  const [first, second] = split(g, x, rotary);
  const turned = [
    g.op("Sub", [g.multiply(first, cos), g.multiply(second, sin)]),
    g.add(g.multiply(second, cos), g.multiply(first, sin)),
  ];
  if (rotary.pairs === "halves") return g.op("Concat", turned, { axis: { int: -1 } });
  const paired = g.op("Concat", turned.map((part) => g.op("Unsqueeze", [part, g.ints([-1])])), { axis: { int: -1 } });
  return g.op("Reshape", [paired, g.op("Shape", [x])]);
}

/** The two members of every pair, each [batch, sequence, heads, head size / 2]. */
function split(g: GraphBuilder, x: Value, { frequencies, pairs }: Rotary): [Value, Value] {
  if (pairs === "halves") return g.ops("Split", [x], { axis: { int: -1 }, num_outputs: { int: 2 } }, 2) as [Value, Value];
  const paired = g.op("Reshape", [x, g.ints([0, 0, 0, frequencies.length, 2])]);
  return [0, 1].map((member) => g.op("Gather", [paired, g.int(member)], { axis: { int: 4 } })) as [Value, Value];
}

/** cos or sin of position * frequency, [sequence, 1, head size / 2]; in float64, since positions run to many thousands. */
function angles(g: GraphBuilder, x: Value, { frequencies }: Rotary, name: "Cos" | "Sin"): Value {
  const length = g.op("Squeeze", [g.sequenceLength(x)]);
  const positions = g.toDouble(g.op("Unsqueeze", [g.op("Range", [g.int(0), length, g.int(1)]), g.ints([1, 2])]));
  const angle = g.op("Mul", [positions, g.doubles("rotary_frequencies", [frequencies.length], () => frequencies)]);
  return g.toFloat(g.op(name, [angle]));
}
