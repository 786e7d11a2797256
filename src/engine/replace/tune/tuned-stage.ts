import type { onnx } from "onnx-proto";
import { keep, type Values, type WrittenStage } from "../../forward";
import { activeValues } from "../../graph/gradient/active";
import { gradientGraph, gradientOf, shapedValues } from "../../graph/gradient/gradients";
import { inVersion16 } from "../../graph/gradient/version-16";
import { inputNames, outputNames, valueInfo, type Graph, type Value } from "../../graph/graph";
import { replacedGraph, type ElementWiseValues, type ParameterNames } from "../../graph/replace";
import type { Runtime, Session } from "../../runtime/runtime";
import { elementCount, type Tensor } from "../../tensor";
import { shapeOf, shapesIn, withShapes } from "./shapes";
import type { LayerGradient } from "./tuned-layer";

/** What a stage's layers are worth at the moment, by the names of the layers. */
export type CurrentValues = ReadonlyMap<string, ElementWiseValues>;

/** The gradient of a float32 tensor, in its shape. */
export interface Gradient {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Gradients of values, by name; what is not there is zero. */
export type Gradients = ReadonlyMap<Value, Gradient>;

/** Gradients of the values of layers, by the layers' names. */
export type LayerGradients = ReadonlyMap<string, LayerGradient>;

/** What going back through a stage gives. */
export interface StageGradients {
  /** Of the values that it is fed. */
  readonly inputs: Gradients;
  /** Of the values of its layers. */
  readonly layers: LayerGradients;
}

/** A stage whose layers' values are fed to it, so that it runs with any without being opened again. */
export interface TunedStage {
  /** Values that it hands on, and those of them that depend on layers, its own or earlier ones. */
  readonly outputs: readonly Value[];
  readonly active: readonly Value[];
  /** What it hands on of the example. */
  readonly ofExample: Values;
  run(values: Values, layers: CurrentValues): Promise<Values>;
  /** @param values what it was fed @param given gradients of what it hands on */
  back(values: Values, given: Gradients, layers: CurrentValues): Promise<StageGradients>;
  close(): Promise<void>;
}

/**
 * Opens a stage for tuning: one session that runs it, another that goes back through it.
 * @param example what it is fed; all that it will be fed has the same shapes
 * @param activeInputs values among these that depend on layers of earlier stages
 * @throws NoGradientError where an operator of the graph has no gradient.
 */
export async function openTunedStage(runtime: Runtime, stage: WrittenStage, layers: CurrentValues, example: Values, activeInputs: ReadonlySet<Value>): Promise<TunedStage> {
  const { graph: replaced, parameters } = replacedGraph(inVersion16(stage.graph), stage.norms, ({ name }) => layers.get(name));
  const graph = fedParameters(replaced, parameters);
  const inputs = inputNames(stage.graph);
  const fedActive = inputs.filter((name) => activeInputs.has(name));
  const by = [...fedActive, ...[...parameters.values()].flatMap(namesIn)];
  const active = activeValues(graph.model.graph ?? {}, by);
  const outputs = outputNames(graph);
  const of = outputs.filter((name) => active.has(name));
  const feedsOf = (values: Values, current: CurrentValues): Values => ({ ...keep(values, new Set(inputs)), ...parameterFeeds(parameters, current) });
  const shaped = by.length === 0 ? [] : shapedValues(graph, by);
  const forth = await runtime.open(withShapes(graph, shaped));
  const { ofExample, shapes, back, needed } = await orClose(forth, async () => {
    const feeds = feedsOf(example, layers);
    const given = await forth.run(feeds, [...outputs, ...shaped.map(shapeOf)]);
    const seen = shapesIn({ ...feeds, ...given });
    const backwards = gradientGraph(graph, of, by, seen);
    // A second tower begins with stages that no layer lies before.
    const session = by.length === 0 ? nothingToRun : await runtime.open(backwards);
    return { ofExample: keep(given, new Set(outputs)), shapes: seen, back: session, needed: new Set(inputNames(backwards)) };
  });
  return {
    outputs,
    active: of,
    ofExample,
    run: (values, current) => forth.run(feedsOf(values, current), outputs),
    back: async (values, given, current) => {
      const seeds = Object.fromEntries(of.map((name) => [gradientOf(name), float32(given.get(name) ?? zeros(shapes.get(name)!))]));
      const found = await back.run(keep({ ...feedsOf(values, current), ...seeds }, needed), by.map(gradientOf));
      const gradient = (value: Value): Gradient => floats(found[gradientOf(value)]!);
      return {
        inputs: new Map(fedActive.map((name) => [name, gradient(name)])),
        layers: new Map([...parameters].map(([name, names]) => [name, { alpha: gradient(names.alpha).data, gain: gradient(names.gain).data, offset: gradient(names.offset).data }])),
      };
    },
    close: async () => {
      await forth.close();
      await back.close();
    },
  };
}

const nothingToRun: Session = { run: () => Promise.resolve({}), close: () => Promise.resolve() };

/** What `work` gives; where it fails, the session is closed. */
async function orClose<Made>(session: Session, work: () => Promise<Made>): Promise<Made> {
  try {
    return await work();
  } catch (error) {
    await session.close();
    throw error;
  }
}

function namesIn({ alpha, gain, offset }: ParameterNames): Value[] {
  return [alpha, gain, offset];
}

/** The same graph, which is fed the values of its layers instead of holding them. */
function fedParameters(graph: Graph, parameters: ReadonlyMap<string, ParameterNames>): Graph {
  const own = graph.model.graph ?? {};
  const names = new Set([...parameters.values()].flatMap(namesIn));
  const isFed = ({ name }: onnx.ITensorProto): boolean => names.has(name ?? "");
  const initializer = own.initializer ?? [];
  const fed = initializer.filter(isFed).map(({ name, dims }) => valueInfo(name ?? "", "float32", (dims ?? []).map(Number)));
  return { ...graph, model: { ...graph.model, graph: { ...own, input: [...(own.input ?? []), ...fed], initializer: initializer.filter((one) => !isFed(one)) } } };
}

function parameterFeeds(parameters: ReadonlyMap<string, ParameterNames>, layers: CurrentValues): Values {
  return Object.fromEntries([...parameters].flatMap(([layer, names]): [Value, Tensor][] => {
    const { alpha, gain, offset, shape } = layers.get(layer)!;
    const tensor = (data: Float32Array): Tensor => ({ type: "float32", shape, data });
    return [[names.alpha, { type: "float32", shape: [1], data: Float32Array.of(alpha) }], [names.gain, tensor(gain)], [names.offset, tensor(offset)]];
  }));
}

function zeros(shape: readonly number[]): Gradient {
  return { shape, data: new Float32Array(elementCount(shape)) };
}

/** A gradient as a runtime takes it. */
function float32({ shape, data }: Gradient): Tensor {
  return { type: "float32", shape, data };
}

/** A gradient as a runtime gives it. */
function floats({ shape, data }: Tensor): Gradient {
  if (!(data instanceof Float32Array)) throw new TypeError("A gradient is float32.");
  return { shape, data };
}
