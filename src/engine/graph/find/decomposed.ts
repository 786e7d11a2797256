import type { onnx } from "onnx-proto";
import { sameAxes, type Over } from "../axes";
import type { Value } from "../graph";
import { affineBehind } from "./affine";
import type { NormMatch, NormSpelling } from "./match";
import { first, meanOf } from "./mean";
import { rootOf, withoutEps } from "./root";
import { centredOf, spreadOf, type Spread } from "./spread";
import { isSame, onlyConsumer, statisticOf } from "./transparent";
import { eitherWay, outputOf, pairOf, type GraphView } from "./view";

/** Something over the root of its own variance or mean square. */
interface Quotient {
  readonly numerator: Value;
  readonly spread: Spread;
  readonly eps: number;
  /** The root, or 1 over it, as it is used. */
  readonly root: Value;
  /** A gain that is multiplied to 1 over the root first. */
  readonly weight?: Value;
}

/** A norm that is written out: a mean square or variance, its root, and a division by it. */
export const decomposedNorm: NormSpelling = (view, node) => first(quotientsOf(view, node), (quotient) => normOf(view, node, quotient));

/** What a division or a product may be the quotient of. */
function quotientsOf(view: GraphView, node: onnx.INodeProto): Quotient[] {
  const found = (numerator: Value, root: Value, inverse: boolean, weight?: Value): Quotient[] => {
    const under = rootOf(view, root);
    if (under?.inverse !== inverse) return [];
    const { of, eps } = withoutEps(view, under.of);
    const spread = spreadOf(view, of);
    return spread && isOfOneSample(spread.over) ? [{ numerator, spread, eps, root, ...(weight !== undefined && { weight }) }] : [];
  };
  if (node.opType === "Div") return found(...pairOf(node), false);
  if (node.opType !== "Mul") return [];
  return eitherWay(node).flatMap(([numerator, factor]) => {
    const gained = gainedRoot(view, factor);
    return gained ? found(numerator, gained.root, true, gained.weight) : found(numerator, factor, true);
  });
}

/** 1 over the root, times a gain. */
function gainedRoot(view: GraphView, value: Value): { root: Value; weight: Value } | undefined {
  const node = view.producer(statisticOf(view, value));
  if (node?.opType !== "Mul") return undefined;
  return first(eitherWay(node), ([root, weight]) => (view.constants.has(weight) && !view.constants.has(root) ? { root, weight } : undefined));
}

/** Statistics over the first axis are those of a batch: no norm of a sample. */
function isOfOneSample(over: Over): boolean {
  return !("axes" in over) || !over.axes.includes(0);
}

function normOf(view: GraphView, node: onnx.INodeProto, quotient: Quotient): NormMatch | undefined {
  const { numerator, spread, eps, weight } = quotient;
  const { of: input, over, centred } = spread;
  const kind = centred ? "layernorm" : "rmsnorm";
  const match = (normalised: Value): NormMatch => ({ kind, eps, over, input, ...affineBehind(view, normalised, weight) });
  if (!centred) return isSame(view, numerator, input) ? match(outputOf(node)) : undefined;
  const difference = centredOf(view, numerator);
  if (difference) return isSame(view, difference.of, input) && sameAxes(difference.over, over) ? match(outputOf(node)) : undefined;
  return isSame(view, numerator, input) ? centredLater(view, node, quotient) : undefined;
}

/** What is added to x / root so that its mean goes: an offset, and what takes the mean over the root off. */
interface Shift {
  readonly offset?: Value;
  readonly product: Value;
  /** Whether the mean is turned round in it, to be added. */
  readonly isNegative: boolean;
}

/** x / root + (offset - mean / root), as TensorFlow writes it, or x / root + (offset + -mean / root), as Keras does. */
function centredLater(view: GraphView, node: onnx.INodeProto, { spread, eps, weight }: Quotient): NormMatch | undefined {
  const consumer = onlyConsumer(view, outputOf(node))?.node;
  const shift = consumer && shiftsIn(view, consumer).find((one) => takesMeanOff(view, one, spread.of));
  if (!consumer || !shift) return undefined;
  const bias = shift.offset !== undefined && view.constants.has(shift.offset) ? shift.offset : undefined;
  return { kind: "layernorm", eps, over: spread.over, input: spread.of, output: outputOf(consumer), weight, bias };
}

function shiftsIn(view: GraphView, consumer: onnx.INodeProto): Shift[] {
  if (consumer.opType === "Sub") return [{ product: pairOf(consumer)[1], isNegative: false }];
  if (consumer.opType !== "Add") return [];
  return eitherWay(consumer).flatMap(([, other]): Shift[] => {
    const node = view.producer(other);
    if (node?.opType === "Sub") return [{ offset: pairOf(node)[0], product: pairOf(node)[1], isNegative: false }];
    if (node?.opType === "Add") return eitherWay(node).map(([offset, product]) => ({ offset, product, isNegative: true }));
    return [{ product: other, isNegative: true }];
  });
}

function takesMeanOff(view: GraphView, { product, isNegative }: Shift, of: Value): boolean {
  const node = view.producer(product);
  return node?.opType === "Mul" && eitherWay(node).some(([factor]) => {
    const turned = view.producer(factor);
    const mean = isNegative ? (turned?.opType === "Neg" ? meanOf(view, turned.input?.[0] ?? "") : undefined) : meanOf(view, factor);
    return mean !== undefined && isSame(view, mean.of, of);
  });
}
