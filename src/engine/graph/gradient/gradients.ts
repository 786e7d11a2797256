import type { onnx } from "onnx-proto";
import { viewOf } from "../find/view";
import { takenNames, valueInfo, type Graph, type Value } from "../graph";
import { prunedTo } from "../prune";
import { activeValues } from "./active";
import { elementWiseRules } from "./element-wise-rules";
import { movementRules } from "./movement-rules";
import { productRules } from "./product-rules";
import { reductionRules } from "./reduction-rules";
import { NoGradientError, type Rule, type Step } from "./rule";
import { GradientWriter } from "./writer";

/** How a gradient passes through each operator. */
const rules: Readonly<Record<string, Rule>> = { ...elementWiseRules, ...movementRules, ...productRules, ...reductionRules };

/** Name of a value's gradient, as a graph of gradients is fed it or gives it. */
export function gradientOf(value: Value): Value {
  return `${value}/gradient`;
}

/**
 * The graph that computes gradients of one: it is fed what the graph is, and the gradient of each value of `of`, and gives the gradient of each value of `by`, which need not depend on one another.
 * It computes what it needs of the graph again, so that nothing has to be kept of a run.
 * @param graph in version 16 of ONNX's operators or a later one: `version-16.ts` writes it so
 * @param kept values of the graph that it gives, too
 * @param shapes of every value that {@link shapedValues} names, for the one size of input that the gradients are for
 * @throws NoGradientError where an operator stands in the way.
 */
export function gradientGraph(graph: Graph, of: readonly Value[], by: readonly Value[], shapes: ReadonlyMap<Value, readonly number[]>, kept: readonly Value[] = []): Graph {
  const own = graph.model.graph ?? {};
  const active = activeValues(own, by);
  const view = viewOf(graph);
  const w = new GradientWriter(unusedPrefix(own));
  const collected = new Map<Value, Value[]>();
  const collect = (value: Value, gradient: Value): void => {
    collected.set(value, [...(collected.get(value) ?? []), gradient]);
  };
  const total = (value: Value): Value | undefined => {
    const terms = collected.get(value);
    return terms && w.sum(terms);
  };
  const stored = storedShapes(own);
  const shape = (value: Value): readonly number[] => shapes.get(value) ?? stored.get(value) ?? unknown(view.producer(value)?.opType ?? value);

  for (const value of of) if (active.has(value)) collect(value, gradientOf(value));
  for (const node of (own.node ?? []).toReversed()) {
    const outputs = node.output ?? [];
    if (!outputs.some((output) => active.has(output) && collected.has(output))) continue;
    const given = outputs.map(total);
    const inputs = node.input ?? [];
    const opType = node.opType ?? "";
    const rule = rules[opType] ?? unknown(opType);
    const isWanted = (input: number): boolean => active.has(inputs[input] ?? "");
    const step: Step = {
      ...{ node, w, given, inputs, shape, isWanted },
      y: outputs[0]!,
      dy: given[0] ?? w.zeros(shape(outputs[0]!)),
      integers: (value) => view.constants.integers(value) ?? unknown(opType),
      scalar: (value) => view.constants.scalar(value) ?? unknown(opType),
    };
    rule(step).forEach((gradient, input) => { if (gradient !== undefined && isWanted(input)) collect(inputs[input]!, gradient); });
  }
  const named = by.map((value): onnx.INodeProto => ({ opType: "Identity", name: gradientOf(value), input: [total(value) ?? w.zeros(shape(value))], output: [gradientOf(value)] }));
  const extended: Graph = { ...graph, model: { ...graph.model, graph: { ...own, node: [...(own.node ?? []), ...w.nodes, ...named], initializer: [...(own.initializer ?? []), ...w.initializers] } } };
  const wanted = [...kept, ...by.map(gradientOf)];
  const pruned = prunedTo(extended, wanted);
  const inner = pruned.model.graph ?? {};
  const fed = of.map((value) => valueInfo(gradientOf(value), "float32"));
  return { ...pruned, model: { ...pruned.model, graph: { ...inner, input: [...(inner.input ?? []), ...fed], output: wanted.map((value) => valueInfo(value, "float32")) } } };
}

/** Values of a graph whose shapes {@link gradientGraph} has to know and that nothing but a run can tell: those that change with `by`, and what these are multiplied with. */
export function shapedValues(graph: Graph, by: readonly Value[]): Value[] {
  const own = graph.model.graph ?? {};
  const active = activeValues(own, by);
  const made = new Set((own.node ?? []).flatMap(({ output }) => output ?? []));
  const factors = (own.node ?? []).filter(({ opType, output }) => (opType === "MatMul" || opType === "Conv") && active.has(output?.[0] ?? "")).flatMap(({ input }) => input ?? []);
  return [...new Set([...active, ...factors])].filter((value) => made.has(value));
}

/** Shapes of what a graph holds. */
function storedShapes({ initializer }: onnx.IGraphProto): ReadonlyMap<Value, readonly number[]> {
  return new Map((initializer ?? []).map(({ name, dims }) => [name ?? "", (dims ?? []).map(Number)]));
}

function unusedPrefix(graph: onnx.IGraphProto): string {
  const names = [...takenNames(graph)];
  let prefix = "gradient_";
  while (names.some((name) => name.startsWith(prefix))) prefix = `${prefix}_`;
  return prefix;
}

function unknown(operator: string): never {
  throw new NoGradientError(operator);
}
