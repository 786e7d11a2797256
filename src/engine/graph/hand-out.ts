import { onnx } from "onnx-proto";
import { attributeProtos, type Attribute } from "./attributes";
import { bodiesOf } from "./bodies";
import { valueInfo, type Value, type ValueType } from "./graph";
import type { NormNode } from "./norms";

/** What went into a norm in all of its runs: the elements, one after another, and for each run the rank and the sizes. Both are flat. */
export interface Runs {
  readonly values: Value;
  readonly sizes: Value;
}

/** A value that a body hands out, as all that is handed out of bodies: flat, of as many elements as there happen to be. */
interface Handed {
  readonly value: Value;
  readonly type: ValueType;
}

/** What leaves a level of a graph, by the output of the norm that it belongs to. */
type Taps = ReadonlyMap<Value, readonly [values: Handed, sizes: Handed]>;

interface Level {
  readonly nodes: readonly onnx.INodeProto[];
  readonly taps: Taps;
}

const { DataType } = onnx.TensorProto;

/** Constants that the nodes written here take. */
const nothing: Readonly<Record<ValueType, Value>> = { float32: "normlens/no_values", int64: "normlens/no_sizes" };
const flat = "normlens/flat";
const constants: readonly onnx.ITensorProto[] = [
  { name: nothing.float32, dataType: DataType.FLOAT, dims: [0] },
  { name: nothing.int64, dataType: DataType.INT64, dims: [0] },
  { name: flat, dataType: DataType.INT64, dims: [1], int64Data: [-1] },
];

/**
 * The same graph, in which bodies hand out what goes into the norms inside them: a branch that is not taken nothing, a loop that of all its
 * iterations. Norms in bodies of other operators are not among the runs.
 * @param graph with distinct names.
 * @param norms those in bodies.
 */
export function handOut(graph: onnx.IGraphProto, norms: readonly NormNode[]): { graph: onnx.IGraphProto; runs: ReadonlyMap<NormNode, Runs> } {
  const { nodes, taps } = through(graph.node ?? [], norms);
  const runs = new Map(norms.flatMap((norm): [NormNode, Runs][] => {
    const tap = taps.get(norm.output);
    return tap ? [[norm, { values: tap[0].value, sizes: tap[1].value }]] : [];
  }));
  return { runs, graph: runs.size === 0 ? graph : { ...graph, node: [...nodes], initializer: [...(graph.initializer ?? []), ...constants] } };
}

/** Nodes that hand on what their bodies hand out. */
function through(nodes: readonly onnx.INodeProto[], norms: readonly NormNode[]): Level {
  const levels = nodes.map((node): Level => {
    const bodies = bodiesOf(node).map((body) => bodyLevel(body, norms));
    const hand = handers[node.opType ?? ""];
    return hand && bodies.some(({ taps }) => taps.size > 0) ? hand(node, bodies) : { nodes: [node], taps: new Map() };
  });
  return { nodes: levels.flatMap((level) => level.nodes), taps: joined(levels) };
}

/** The nodes of a body, with those that flatten what goes into its own norms. */
function bodyLevel({ node }: onnx.IGraphProto, norms: readonly NormNode[]): Level {
  const own = new Set((node ?? []).flatMap(({ output }) => output ?? []));
  const inner = through(node ?? [], norms);
  const flattening = norms.filter(({ output }) => own.has(output)).map(flattened);
  return { nodes: [...inner.nodes, ...flattening.flatMap((level) => level.nodes)], taps: joined([inner, ...flattening]) };
}

function flattened({ input, output }: NormNode): Level {
  const [float32, values, shape, rank, sizes] = ["float32", "values", "shape", "rank", "sizes"].map((part) => `${output}/${part}`) as [Value, Value, Value, Value, Value];
  return {
    nodes: [
      step("Cast", [input], float32, { to: { int: DataType.FLOAT } }),
      step("Reshape", [float32, flat], values),
      step("Shape", [input], shape),
      step("Shape", [shape], rank),
      step("Concat", [rank, shape], sizes, { axis: { int: 0 } }),
    ],
    taps: new Map([[output, [{ value: values, type: "float32" }, { value: sizes, type: "int64" }]]]),
  };
}

/** How an operator hands on what its bodies hand out. */
type Hander = (node: onnx.INodeProto, bodies: readonly Level[]) => Level;

/** Each branch hands out what the others have, too: nothing. */
const branches: Hander = (node, bodies) => {
  const taps = joined(bodies);
  const handed = handedIn(taps);
  const graphs = bodiesOf(node).map((body, index): onnx.IGraphProto => {
    const own = new Set(handedIn(bodies[index]!.taps).map(({ value }) => value));
    const ending = (value: Value): Value => (own.has(value) ? value : `${value}/${index}`);
    const empty = handed.filter(({ value }) => !own.has(value)).map(({ value, type }) => step("Identity", [nothing[type]], ending(value)));
    return { ...body, node: [...bodies[index]!.nodes, ...empty], output: [...(body.output ?? []), ...handed.map(({ value, type }) => valueInfo(ending(value), type))] };
  });
  return { nodes: [withGraphs({ ...node, output: [...(node.output ?? []), ...handed.map(outside)] }, graphs)], taps: outsideOf(taps) };
};

/** Iterations may differ in size, so that what they hand out is carried from one to the next, and grows. */
const loop: Hander = (node, [level]) => {
  const { taps, nodes } = level!;
  const handed = handedIn(taps);
  const [body] = bodiesOf(node);
  const carried = Math.max(0, (node.input ?? []).length - 2);
  const before = ({ value }: Handed): Value => `${value}/before`;
  const after = ({ value }: Handed): Value => `${value}/after`;
  const growing = handed.map((one) => step("Concat", [before(one), one.value], after(one), { axis: { int: 0 } }));
  const grown: onnx.IGraphProto = {
    ...body,
    node: [...nodes, ...growing],
    input: [...(body?.input ?? []), ...handed.map((one) => valueInfo(before(one), one.type))],
    output: (body?.output ?? []).toSpliced(carried + 1, 0, ...handed.map((one) => valueInfo(after(one), one.type))),
  };
  const input = [...withLength(node.input ?? [], 2), ...handed.map(({ type }) => nothing[type])];
  const output = withLength(node.output ?? [], carried).toSpliced(carried, 0, ...handed.map(outside));
  return { nodes: [withGraphs({ ...node, input, output }, [grown])], taps: outsideOf(taps) };
};

/** Iterations are alike, so that what they hand out can be stacked. */
const scan: Hander = (node, [level]) => {
  const { taps, nodes } = level!;
  const handed = handedIn(taps);
  const stacked = ({ value }: Handed): Value => `${value}/stacked`;
  const bodies = bodiesOf(node).map((body) => ({ ...body, node: [...nodes], output: [...(body.output ?? []), ...handed.map(({ value, type }) => valueInfo(value, type))] }));
  const attribute = (node.attribute ?? []).map((one) => (one.name?.startsWith("scan_output_") === true ? { ...one, ints: [...(one.ints ?? []).map(Number), ...handed.map(() => 0)] } : one));
  const scanned = withGraphs({ ...node, attribute, output: [...(node.output ?? []), ...handed.map(stacked)] }, bodies);
  return { nodes: [scanned, ...handed.map((one) => step("Reshape", [stacked(one), flat], outside(one)))], taps: outsideOf(taps) };
};

const handers: Readonly<Record<string, Hander>> = { If: branches, Loop: loop, Scan: scan };

function handedIn(taps: Taps): Handed[] {
  return [...taps.values()].flat();
}

/** The name of a value outside of the body that hands it out. */
function outside({ value }: Handed): Value {
  return `${value}/out`;
}

function outsideOf(taps: Taps): Taps {
  const moved = (one: Handed): Handed => ({ ...one, value: outside(one) });
  return new Map([...taps].map(([norm, [values, sizes]]) => [norm, [moved(values), moved(sizes)]]));
}

function joined(levels: readonly Level[]): Taps {
  return new Map(levels.flatMap(({ taps }) => [...taps]));
}

function withGraphs(node: onnx.INodeProto, graphs: readonly onnx.IGraphProto[]): onnx.INodeProto {
  const left = [...graphs];
  return { ...node, attribute: (node.attribute ?? []).map((one) => (one.g ? { ...one, g: left.shift()! } : one)) };
}

/** Optional values at the end may be left out of a list; "" stands for them where something follows. */
function withLength(values: readonly Value[], length: number): Value[] {
  return Array.from({ length: Math.max(length, values.length) }, (_, index) => values[index] ?? "");
}

function step(opType: string, input: Value[], output: Value, attributes: Readonly<Record<string, Attribute>> = {}): onnx.INodeProto {
  return { opType, name: output, input, output: [output], attribute: attributeProtos(attributes) };
}
