import type { onnx } from "onnx-proto";
import type { Value } from "../graph";
import { readNormLabel } from "../norm-label";
import { first } from "./mean";
import { onlyConsumer } from "./transparent";
import { eitherWay, outputOf, type GraphView } from "./view";

/** Gain and offset behind a normalised value, and the value after them. */
export interface Affine {
  readonly weight?: Value | undefined;
  readonly bias?: Value | undefined;
  readonly output: Value;
}

/** Follows a normalised value through the gain and offset that are constants; `weight` is a gain that was met before. */
export function affineBehind(view: GraphView, normalised: Value, weight?: Value): Affine {
  const scaled = weight === undefined ? step(view, normalised, "Mul") : undefined;
  const output = scaled?.output ?? normalised;
  const shifted = step(view, output, "Add");
  return { weight: weight ?? scaled?.constant, bias: shifted?.constant, output: shifted?.output ?? output };
}

/** The constant that the only consumer of a value joins to it, where it is this operator. A layer that NormLens wrote ends at its label. */
function step(view: GraphView, value: Value, opType: "Mul" | "Add"): { constant: Value; output: Value } | undefined {
  if (readNormLabel(view.producer(value)?.docString)) return undefined;
  const consumer = onlyConsumer(view, value);
  if (consumer?.node.opType !== opType) return undefined;
  const { node, as } = consumer;
  const constant = first(eitherWay(node), ([other, one]) => (other === as && view.constants.has(one) ? one : undefined));
  return constant === undefined ? undefined : { constant, output: outputOf(node) };
}

/** The Reshape that alone takes a value. */
export function reshapeBehind(view: GraphView, value: Value): onnx.INodeProto | undefined {
  const consumer = onlyConsumer(view, value);
  return consumer?.node.opType === "Reshape" ? consumer.node : undefined;
}
