import type { TensorReference } from "../../../checkpoint/checkpoint";
import type { Value } from "../../graph";
import { NotWritten, required, type LayerCall, type LayerWriter } from "../call";
import { channelsLast, channelsSecond } from "../channels";

/** Norm layers. Where they have no gain it is 1, under the name that it would have. */
export const normLayers: Readonly<Record<string, LayerWriter>> = {
  LayerNormalization(call) {
    call.settings.refuse("rms_scaling");
    const [gamma, beta] = [call.variable("gamma"), call.variable("beta")];
    return norm(call, "LayerNormalization", 1e-3, gamma ? call.g.weight(gamma) : ones(call, beta), beta);
  },

  RMSNormalization: (call) => norm(call, "RMSNormalization", 1e-6, call.g.weight(required(call, "scale")), undefined),

  GroupNormalization(call) {
    const { g, x, settings } = call;
    refuseAxis(call);
    const [gamma, beta] = [call.variable("gamma"), call.variable("beta")];
    const groups = settings.number("groups", 32);
    if (groups < 1) throw new NotWritten("a group for each channel");
    const inputs = [channelsSecond(g, x), gamma ? g.weight(gamma) : ones(call, beta), beta ? g.weight(beta) : zeros(call, gamma)];
    const value = g.op("GroupNormalization", inputs, { num_groups: { int: groups }, epsilon: { float: settings.number("epsilon", 1e-3) } });
    return channelsLast(g, { value, rank: x.rank });
  },

  BatchNormalization(call) {
    const { g, x, settings } = call;
    refuseAxis(call);
    const [mean, variance] = [required(call, "moving_mean"), required(call, "moving_variance")];
    const [gamma, beta] = [call.variable("gamma"), call.variable("beta")];
    const inputs = [channelsSecond(g, x), gamma ? g.weight(gamma) : ones(call, mean), beta ? g.weight(beta) : zeros(call, mean), g.weight(mean), g.weight(variance)];
    return channelsLast(g, { value: g.op("BatchNormalization", inputs, { epsilon: { float: settings.number("epsilon", 1e-3) } }), rank: x.rank });
  },
};

/** Over the last axes, as many as the gain has. */
function norm(call: LayerCall, opType: string, usualEps: number, gain: Value, beta: TensorReference | undefined): ReturnType<LayerWriter> {
  const { g, x, settings } = call;
  const axes = settings.list("axis").map((axis) => (axis < 0 ? axis + x.rank : axis)).sort((a, b) => a - b);
  if (axes.some((axis, index) => axis !== x.rank - axes.length + index)) throw new NotWritten("an axis that is not among the last");
  const inputs = [x.value, gain, ...(beta ? [g.weight(beta)] : [])];
  return { ...x, value: g.op(opType, inputs, { axis: { int: -axes.length }, epsilon: { float: settings.number("epsilon", usualEps) } }) };
}

/** More than any layer has. */
const mostChannels = 2 ** 20;

function refuseAxis({ settings, x }: LayerCall): void {
  const axes = settings.all["axis"] === undefined ? [-1] : settings.list("axis");
  if (axes.length !== 1 || (axes[0] !== -1 && axes[0] !== x.rank - 1)) throw new NotWritten("an axis that is not the last");
}

const ones = (call: LayerCall, like: TensorReference | undefined): Value => filled(call, "gamma", like, 1);
const zeros = (call: LayerCall, like: TensorReference | undefined): Value => filled(call, "beta", like, 0);

/** @param like a vector of the same shape; without any the channels are those of the input. */
function filled({ g, name, channels }: LayerCall, parameter: string, like: TensorReference | undefined, number: number): Value {
  const shape = like?.shape ?? (channels === undefined ? undefined : [channels]);
  if (!shape || shape.some((size) => size > mostChannels)) throw new NotWritten("no gain, no offset and a number of channels that is not stated");
  return g.floats(`${name}/${parameter}`, shape, () => new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(number));
}
