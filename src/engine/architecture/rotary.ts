import { UserError } from "../../shared/errors";
import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import type { Config } from "./architecture";
import { flag, optionalNumber, optionalObject, optionalText, positive } from "./config";
import { rotaryScaling, type Scaled } from "./rotary-scaling";

/** Far more channels than any head has. */
const largestHead = 65_536;

/** Rotary position embedding (RoPE, arXiv 2104.09864). */
export interface Rotary {
  /** Angular frequency of each pair of channels that is turned. */
  readonly frequencies: Float64Array;
  /** "halves": channel i pairs with i + half of what is turned (Hugging Face); "neighbours": 2i with 2i + 1 (Meta). */
  readonly pairs: "halves" | "neighbours";
  /** Factor on what is turned; 1 but for YaRN and LongRoPE. */
  readonly factor: number;
  /** Channels behind the pairs that stay as they are. */
  readonly rest: number;
  /** Longest sequence for which these positions hold; absent where none is too long. */
  readonly longest?: number;
}

/**
 * Rotary positions from a configuration: `rope_parameters` as transformers 5 writes them, or `rope_theta` and `rope_scaling`, or Meta's `use_scaled_rope`;
 * GPT-NeoX calls some of it otherwise.
 * @throws UserError for a scaling that is not known, and where heads can't be turned in pairs.
 */
export function rotaryOf(config: Config, headSize: number, pairs: Rotary["pairs"] = "halves"): Rotary {
  if (headSize > largestHead) throw new UserError(`config.json: a head of ${headSize} channels is larger than the ${largestHead} that are run; check "head_dim".`);
  const stated = { ...optionalObject(config, "rope_scaling"), ...optionalObject(config, "rope_parameters") };
  const parameters = Object.keys(stated).length > 0 ? stated : flag(config, "use_scaled_rope", false) ? { rope_type: "llama3" } : {};
  const share = positive(parameters, "partial_rotary_factor") ?? optionalNumber(config, "partial_rotary_factor", "rotary_pct") ?? 1;
  const turned = Math.floor(headSize * share);
  if (turned % 2 !== 0 || turned < 2 || turned > headSize) throw new UserError(`config.json: ${turned} channels of heads of ${headSize} can't be turned in pairs, as rotary positions do.`);
  const theta = positive(parameters, "rope_theta") ?? positive(config, "rope_theta") ?? positive(config, "rotary_emb_base") ?? 10_000;
  const plain = Float64Array.from({ length: turned / 2 }, (_, pair) => theta ** ((-2 * pair) / turned));
  const kind = optionalText(parameters, "rope_type") ?? optionalText(parameters, "type") ?? "default";
  const { frequencies, factor, longest }: Scaled = rotaryScaling(kind)({ frequencies: plain, theta, parameters, config });
  return { frequencies, factor: factor ?? 1, pairs, rest: headSize - turned, ...(longest !== undefined && { longest }) };
}

/** Turns queries or keys [batch, sequence, heads, head size] by their position in the sequence. */
export function rotate(g: GraphBuilder, x: Value, rotary: Rotary): Value {
  if (rotary.rest === 0) return turnByPosition(g, x, rotary);
  const sizes = g.ints([2 * rotary.frequencies.length, rotary.rest]);
  const [turned, rest] = g.ops("Split", [x, sizes], { axis: { int: 3 } }, 2) as [Value, Value];
  return g.op("Concat", [turnByPosition(g, turned, rotary), rest], { axis: { int: -1 } });
}

function turnByPosition(g: GraphBuilder, x: Value, rotary: Rotary): Value {
  return turn(g, x, { pairs: rotary.pairs, count: rotary.frequencies.length }, angles(g, x, rotary, "Cos"), angles(g, x, rotary, "Sin"));
}

/** Which channels of a head make a pair, and how many pairs it has. */
export interface Pairs extends Pick<Rotary, "pairs"> {
  readonly count: number;
}

/** Turns every pair of x [batch, sequence, heads, 2 * pairs] by the angle whose cosine and sine [sequence, 1, pairs] are given. */
export function turn(g: GraphBuilder, x: Value, pairing: Pairs, cos: Value, sin: Value): Value {
  const [first, second] = split(g, x, pairing);
  const turned = [
    g.op("Sub", [g.multiply(first, cos), g.multiply(second, sin)]),
    g.add(g.multiply(second, cos), g.multiply(first, sin)),
  ];
  if (pairing.pairs === "halves") return g.op("Concat", turned, { axis: { int: -1 } });
  const paired = g.op("Concat", turned.map((part) => g.op("Unsqueeze", [part, g.ints([-1])])), { axis: { int: -1 } });
  return g.op("Reshape", [paired, g.op("Shape", [x])]);
}

/** The two members of every pair, each [batch, sequence, heads, pairs]. */
function split(g: GraphBuilder, x: Value, { count, pairs }: Pairs): [Value, Value] {
  if (pairs === "halves") return g.ops("Split", [x], { axis: { int: -1 }, num_outputs: { int: 2 } }, 2) as [Value, Value];
  const paired = g.op("Reshape", [x, g.ints([0, 0, 0, count, 2])]);
  return [0, 1].map((member) => g.op("Gather", [paired, g.int(member)], { axis: { int: 4 } })) as [Value, Value];
}

/** factor * cos or sin of position * frequency, [sequence, 1, pairs]; in float64, since positions run to many thousands. */
function angles(g: GraphBuilder, x: Value, { frequencies, factor }: Rotary, name: "Cos" | "Sin"): Value {
  const length = g.op("Squeeze", [g.sequenceLength(x)]);
  const positions = g.toDouble(g.op("Unsqueeze", [g.op("Range", [g.int(0), length, g.int(1)]), g.ints([1, 2])]));
  const angle = g.op("Mul", [positions, g.doubles("rotary_frequencies", [frequencies.length], () => frequencies)]);
  const value = g.toFloat(g.op(name, [angle]));
  return factor === 1 ? value : g.multiply(value, g.float(factor));
}
