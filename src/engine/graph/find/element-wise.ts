import type { onnx } from "onnx-proto";
import { elementWiseKinds } from "../../../shared/norm";
import type { ReplacementCurve } from "../../../shared/replacement";
import type { Over } from "../axes";
import type { Value } from "../graph";
import { readNormLabel } from "../norm-label";
import { affineBehind } from "./affine";
import type { NormMatch, NormSpelling } from "./match";
import { first } from "./mean";
import { isSame, originOf } from "./transparent";
import { eitherWay, outputOf, pairOf, type GraphView } from "./view";

/** What a curve takes: alpha * x + shift, with constants. */
interface Line {
  readonly input: Value;
  readonly alpha: Value;
  readonly shift?: Value;
}

/** eps of a LayerNorm where nobody stated one; with it the layer is compared. */
const usualEps = 1e-5;

/**
 * DyT, Derf and their like: a curve of alpha * x + shift with a gain for every channel. The gain tells them from GELUs, gates and soft caps, which have one for all
 * or none; a layer that NormLens wrote is told by its label.
 */
export const elementWise: NormSpelling = (view, node) => {
  const curve = curveOf(view, node);
  const line = curve && lineOf(view, curve.of);
  if (!curve || !line) return undefined;
  const affine = affineBehind(view, outputOf(node));
  const label = readNormLabel(view.producer(affine.output)?.docString);
  const channels = channelAxis(view, affine.weight);
  if (!label && channels === undefined) return undefined;
  const { input, alpha, shift } = line;
  const against = label?.against ?? { kind: affine.bias === undefined ? "rmsnorm" : "layernorm", eps: usualEps };
  const over: Over = channels === undefined || channels === -1 ? { from: -1 } : { axes: [channels] };
  return { kind: elementWiseKinds[curve.name], eps: against.eps, over, input, ...affine, trained: { curve: curve.name, alpha, shift, against: against.kind } } satisfies NormMatch;
};

function curveOf(view: GraphView, node: onnx.INodeProto): { name: ReplacementCurve; of: Value } | undefined {
  if (node.opType === "Tanh") return { name: "tanh", of: node.input?.[0] ?? "" };
  if (node.opType === "Erf") return { name: "erf", of: node.input?.[0] ?? "" };
  return node.opType === "Div" ? inverseRoot(view, ...pairOf(node)) : undefined;
}

/** z / sqrt(z * z + 1) */
function inverseRoot(view: GraphView, z: Value, divisor: Value): { name: ReplacementCurve; of: Value } | undefined {
  const root = view.producer(originOf(view, divisor));
  const sum = root?.opType === "Sqrt" ? view.producer(root.input?.[0]) : undefined;
  const isOnePlusSquare = sum?.opType === "Add" && eitherWay(sum).some(([square, one]) => view.constants.scalar(one) === 1 && isSquareOf(view, square, z));
  return isOnePlusSquare ? { name: "isru", of: z } : undefined;
}

function isSquareOf(view: GraphView, square: Value, z: Value): boolean {
  const node = view.producer(originOf(view, square));
  if (!node) return false;
  const [a, b] = pairOf(node);
  if (node.opType === "Mul") return isSame(view, a, z) && isSame(view, b, z);
  return node.opType === "Pow" && isSame(view, a, z) && view.constants.scalar(b) === 2;
}

function lineOf(view: GraphView, value: Value): Line | undefined {
  const node = view.producer(originOf(view, value));
  if (node?.opType !== "Add") return scaled(view, value);
  return first(eitherWay(node), ([product, shift]) => {
    const line = isParameter(view, shift) ? scaled(view, product) : undefined;
    return line && { ...line, shift };
  });
}

function scaled(view: GraphView, value: Value): Line | undefined {
  const node = view.producer(originOf(view, value));
  if (node?.opType !== "Mul") return undefined;
  return first(eitherWay(node), ([input, alpha]) => (isParameter(view, alpha) && !isParameter(view, input) ? { input, alpha } : undefined));
}

/** One number, or one for each channel. */
function isParameter(view: GraphView, value: Value): boolean {
  return view.constants.has(value) && (view.constants.size(value) === 1 || channelAxis(view, value) !== undefined);
}

/** The axis, counted from the end, along which a constant varies, where there is just one. */
function channelAxis({ constants }: GraphView, value: Value | undefined): number | undefined {
  const shape = value !== undefined && constants.has(value) ? constants.shape(value) : undefined;
  const axes = shape?.flatMap((size, axis) => (size > 1 ? [axis - shape.length] : [])) ?? [];
  return axes.length === 1 ? axes[0] : undefined;
}
