import { NotWritten, type LayerCall, type LayerWriter } from "../call";
import { channelsSecond, places } from "../channels";

/** Nothing happens in use, as with what drops values in training. */
const unchanged: LayerWriter = ({ x }) => x;

/** Zeros before and behind the places of a value whose channels stand last. */
const padded = (axes: number): LayerWriter => ({ g, x, settings }) => {
  refuseChannelsFirst({ settings });
  const stated = settings.all["padding"] ?? 1;
  const pairs = (Array.isArray(stated) && axes > 1 ? stated : [stated]).map((pair: unknown): readonly unknown[] => (Array.isArray(pair) ? pair : [pair, pair]));
  const ofAxes = axes === 1 || pairs.length === axes ? pairs : pairs.concat(pairs);
  const numbers = ofAxes.flat().map(Number);
  if (numbers.length !== 2 * axes || numbers.some((number) => !Number.isSafeInteger(number))) throw new NotWritten("a padding that is not made of numbers");
  const [before, behind] = [numbers.filter((_, index) => index % 2 === 0), numbers.filter((_, index) => index % 2 === 1)];
  return { ...x, value: g.op("Pad", [x.value, g.ints([0, ...before, 0, 0, ...behind, 0])]) };
};

/** @throws NotWritten where channels stand second. */
export function refuseChannelsFirst({ settings }: Pick<LayerCall, "settings">): void {
  if (settings.text("data_format", "channels_last") !== "channels_last") throw new NotWritten("channels that stand first");
}

/** The shape [samples, ...sizes], of which one may be -1. */
const reshaped = (setting: string, hasSamples: boolean): LayerWriter => ({ g, x, settings }) => {
  const sizes = settings.list(setting);
  const isOpen = sizes.includes(-1);
  const shape = hasSamples ? sizes : [isOpen ? 0 : -1, ...sizes];
  return { value: g.op("Reshape", [x.value, g.ints(shape)]), rank: shape.length };
};

const means = (opType: string): LayerWriter => ({ g, x, settings }) => {
  const stated = settings.all["axis"];
  if (stated === null || stated === undefined) throw new NotWritten("no axis");
  const axes = settings.list("axis");
  const keeps = settings.flag("keepdims");
  return { rank: keeps ? x.rank : x.rank - axes.length, value: g.op(opType, [x.value, g.ints(axes)], { keepdims: { int: keeps ? 1 : 0 } }) };
};

/** Layers and operations that move or leave out numbers, or scale all alike. */
export const shapeLayers: Readonly<Record<string, LayerWriter>> = {
  Dropout: unchanged,
  SpatialDropout1D: unchanged,
  SpatialDropout2D: unchanged,
  AlphaDropout: unchanged,
  GaussianDropout: unchanged,
  GaussianNoise: unchanged,
  ActivityRegularization: unchanged,
  Identity: unchanged,
  "ops.Identity": unchanged,
  Reshape: reshaped("target_shape", false),
  "ops.Reshape": reshaped("newshape", true),
  Permute: ({ g, x, settings }) => ({ ...x, value: g.op("Transpose", [x.value], { perm: { ints: [0, ...settings.list("dims")] } }) }),
  "ops.Transpose": ({ g, x, settings }) => {
    const axes = settings.all["axes"] === null ? Array.from({ length: x.rank }, (_, axis) => x.rank - 1 - axis) : settings.list("axes");
    return { ...x, value: g.op("Transpose", [x.value], { perm: { ints: axes } }) };
  },
  "ops.ExpandDims": ({ g, x, settings }) => ({ rank: x.rank + 1, value: g.op("Unsqueeze", [x.value, g.ints(settings.list("axis"))]) }),
  "ops.Squeeze": ({ g, x, settings }) => ({ rank: x.rank - settings.list("axis").length, value: g.op("Squeeze", [x.value, g.ints(settings.list("axis"))]) }),
  "ops.Mean": means("ReduceMean"),
  "ops.Sum": means("ReduceSum"),
  "ops.Max": means("ReduceMax"),
  Flatten({ g, x, settings }) {
    const stored = settings.text("data_format", "channels_last") === "channels_first" ? channelsSecond(g, x) : x.value;
    return { value: g.op("Flatten", [stored], { axis: { int: 1 } }), rank: 2 };
  },
  RepeatVector: ({ g, x, settings }) => ({ rank: 3, value: g.op("Tile", [g.op("Unsqueeze", [x.value, g.ints([1])]), g.ints([1, settings.number("n"), 1])]) }),
  ZeroPadding1D: padded(1),
  ZeroPadding2D: padded(2),
  UpSampling2D({ g, x, settings }) {
    refuseChannelsFirst({ settings });
    if (settings.text("interpolation", "nearest") !== "nearest") throw new NotWritten("an interpolation other than nearest");
    const sizes = settings.numbers("size", places(x.rank).length, 2);
    const scales = g.floats(`scales_${sizes.join("_")}`, [4], () => Float32Array.of(1, ...sizes, 1));
    return { ...x, value: g.op("Resize", [x.value, "", scales], { mode: { string: "nearest" }, nearest_mode: { string: "floor" }, coordinate_transformation_mode: { string: "asymmetric" } }) };
  },
  Rescaling({ g, x, settings }) {
    if (typeof settings.all["scale"] !== "number") throw new NotWritten("several scales");
    return { ...x, value: g.add(g.multiply(g.toFloat(x.value), g.float(settings.number("scale"))), g.float(settings.number("offset", 0))) };
  },
};
