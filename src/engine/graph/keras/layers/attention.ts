import { NotWritten, type Flow, type LayerCall, type LayerWriter } from "../call";
import { heads, joined } from "./dense";

/** What Keras adds to scores that a mask forbids. */
const forbidden = -1e9;

/** Attention layers. */
export const attentionLayers: Readonly<Record<string, LayerWriter>> = {
  MultiHeadAttention(call) {
    const { x, settings, argument, kwargs } = call;
    settings.refuse("use_gate", "sliding_window");
    const isOverSequence = settings.all["attention_axes"] === null || settings.all["attention_axes"] === undefined || settings.list("attention_axes").join() === "1";
    if (x.rank !== 3 || !isOverSequence) throw new NotWritten("attention over several axes");
    if (kwargs["return_attention_scores"] === true) throw new NotWritten("scores that are handed on");
    const value = argument(1, "value") ?? x;
    const [queries, keys, values] = [heads(call, x, "query"), heads(call, argument(2, "key") ?? value, "key"), heads(call, value, "value")];
    const mask = argument(5, "attention_mask");
    return joined(call, attended(call, queries, keys, values, mask), "attention_output");
  },
};

function attended(call: LayerCall, queries: Flow, keys: Flow, values: Flow, mask: Flow | undefined): Flow {
  const { g, settings, kwargs } = call;
  const scaled = g.multiply(queries.value, g.float(1 / Math.sqrt(settings.number("key_dim"))));
  const scores = g.op("MatMul", [scaled, g.op("Transpose", [keys.value], { perm: { ints: [0, 1, 3, 2] } })]);
  const seen = mask ? masked(call, scores, mask) : scores;
  const causal = kwargs["use_causal_mask"] === true ? withoutFuture(call, seen, queries, keys) : seen;
  return { value: g.op("MatMul", [g.op("Softmax", [causal], { axis: { int: -1 } }), values.value]), rank: 4 };
}

/** @param mask [batch, queries, keys] or [queries, keys]: 0 where a key may not be seen. */
function masked({ g }: LayerCall, scores: string, mask: Flow): string {
  const isAllowed = g.toFloat(mask.value);
  const ofHeads = mask.rank === 3 ? g.op("Unsqueeze", [isAllowed, g.ints([1])]) : isAllowed;
  return g.add(scores, g.multiply(g.op("Sub", [g.float(1), ofHeads]), g.float(forbidden)));
}

/** Keys behind a query are forbidden. */
function withoutFuture({ g }: LayerCall, scores: string, queries: Flow, keys: Flow): string {
  const length = (flow: Flow): string => g.op("Shape", [flow.value], { start: { int: 2 }, end: { int: 3 } });
  const shape = g.op("Concat", [length(queries), length(keys)], { axis: { int: 0 } });
  const all = g.op("Expand", [g.float(forbidden), shape]);
  return g.add(scores, g.op("Trilu", [all, g.int(1)], { upper: { int: 1 } }));
}
