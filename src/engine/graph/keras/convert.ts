import type { TensorReference } from "../../checkpoint/checkpoint";
import { GraphBuilder } from "../builder";
import type { Graph, Value } from "../graph";
import { NotWritten, Settings, type Flow, type LayerCall } from "./call";
import { layerWriters } from "./layers";
import { tensorOf, tensorsIn, type KerasCall, type KerasLayer, type KerasModel, type KerasTensor } from "./model";

/** A layer that stands in a graph as a node that nothing can run. */
export interface UnknownLayer {
  readonly name: string;
  readonly className: string;
  /** What of it can't be written; absent where its class is not known. */
  readonly has?: string;
}

/** A model as a graph. */
export interface KerasGraph {
  readonly graph: Graph;
  readonly unknown: readonly UnknownLayer[];
}

/**
 * Writes a model as an ONNX graph: a walk from its outputs back to its inputs. Channels stand last, as in Keras; the names of variables are those of layers and parameters, "encoder/norm/gamma".
 * @throws where layers are connected to what is not there, or in a circle; or where variables are missing.
 */
export function kerasGraph(model: KerasModel, variables: ReadonlyMap<string, TensorReference>): KerasGraph {
  const g = new GraphBuilder(model.name);
  const writing: Writing = { g, variables, unknown: new Map(), calls: 0 };
  const walk = new ModelWalk(writing, model, "");
  const names = new Set<string>();
  const outputs = model.outputs.map((tensor) => ({ flow: walk.flowOf(tensor), name: freeName(tensor.layer, names) }));
  for (const { flow, name } of outputs) g.output(flow.value, `${name}__output`);
  return { graph: g.build(), unknown: [...writing.unknown.values()] };
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`;
  taken.add(name);
  return name;
}

/** Most calls of layers: models inside models that call each other several times can make any number of them. */
const mostCalls = 100_000;

/** What is written so far. */
interface Writing {
  readonly g: GraphBuilder;
  readonly variables: ReadonlyMap<string, TensorReference>;
  readonly unknown: Map<string, UnknownLayer>;
  calls: number;
}

class ModelWalk {
  private readonly layers: ReadonlyMap<string, KerasLayer>;
  private readonly known = new Map<string, Flow>();
  private readonly begun = new Set<string>();

  /** @param prefix names of the models around this one, each with "/" behind it. */
  constructor(
    private readonly writing: Writing,
    private readonly model: KerasModel,
    private readonly prefix: string,
  ) {
    this.layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  }

  /** What a model inside a model is called with, in the order of its inputs. */
  feed(flows: readonly Flow[]): void {
    for (const [index, tensor] of this.model.inputs.entries()) {
      const flow = flows[index];
      if (!flow) throw new Error(`its model "${this.model.name}" is called with too few inputs`);
      this.known.set(keyOf(tensor), flow);
    }
  }

  flowOf(tensor: KerasTensor): Flow {
    const key = keyOf(tensor);
    const known = this.known.get(key);
    if (known) return known;
    const layer = this.layers.get(tensor.layer);
    if (!layer) throw new Error(`it takes an output of the layer "${tensor.layer}", which it does not have`);
    const call = `${tensor.layer} ${tensor.call}`;
    if (this.begun.has(call)) throw new Error(`its layer "${tensor.layer}" depends on itself or has no output ${tensor.output}`);
    this.begun.add(call);
    if (++this.writing.calls > mostCalls) throw new Error(`its layers are called more than ${mostCalls} times`);
    this.outputsOf(layer, tensor).forEach((flow, output) => this.known.set(keyOf({ ...tensor, output }), flow));
    return this.flowOf(tensor);
  }

  private outputsOf(layer: KerasLayer, tensor: KerasTensor): readonly Flow[] {
    if (layer.className === "InputLayer") return [this.input(layer)];
    const call = layer.calls[tensor.call];
    if (!call) throw new Error(`its layer "${layer.name}" is not called ${tensor.call + 1} times`);
    const inputs = [call.args, call.kwargs].flatMap((one) => tensorsIn(one)).map((one) => this.flowOf(one));
    if (inputs.length === 0) throw new Error(`its layer "${layer.name}" is called with no tensor`);
    if (layer.model) return this.inner(layer, layer.model, inputs);
    return [this.written(layer, call, inputs, tensor)];
  }

  private input({ name, config }: KerasLayer): Flow {
    const stated = config["batch_shape"] ?? config["batch_input_shape"];
    if (!Array.isArray(stated)) throw new Error(`its input "${name}" states no shape: build the model and save it anew`);
    const shape = stated.map((size: unknown, axis) => (typeof size === "number" ? size : axis === 0 ? "batch" : `size_${axis}`));
    const isWhole = /int|bool/.test(typeof config["dtype"] === "string" ? config["dtype"] : "float32");
    return { value: this.writing.g.input(this.prefix + name, isWhole ? "int64" : "float32", shape), rank: shape.length };
  }

  private inner(layer: KerasLayer, model: KerasModel, inputs: readonly Flow[]): readonly Flow[] {
    const walk = new ModelWalk(this.writing, model, `${this.prefix}${layer.name}/`);
    walk.feed(inputs);
    return model.outputs.map((output) => walk.flowOf(output));
  }

  /** A layer that can't be written becomes a node of its class, behind which the walk goes on. */
  private written(layer: KerasLayer, call: KerasCall, inputs: readonly Flow[], tensor: KerasTensor): Flow {
    const writer = Object.hasOwn(layerWriters, layer.className) ? layerWriters[layer.className] : undefined;
    try {
      if (writer) return writer(this.callOf(layer, call, inputs));
    } catch (error) {
      if (!(error instanceof NotWritten)) throw error;
      return this.left(layer, inputs, tensor, error.message);
    }
    return this.left(layer, inputs, tensor);
  }

  private left({ name, className }: KerasLayer, inputs: readonly Flow[], tensor: KerasTensor, has?: string): Flow {
    this.writing.unknown.set(this.prefix + name, { name: this.prefix + name, className, ...(has !== undefined && { has }) });
    const value: Value = this.writing.g.op(`Keras${className}`, inputs.map((flow) => flow.value));
    return { value, rank: tensor.shape?.length ?? inputs[0]!.rank };
  }

  private callOf(layer: KerasLayer, { args, kwargs }: KerasCall, inputs: readonly Flow[]): LayerCall {
    const name = this.prefix + layer.name;
    const first = [args, kwargs].flatMap((one) => tensorsIn(one))[0];
    const channels = (first?.shape ?? layer.builtFor)?.at(-1);
    return {
      g: this.writing.g,
      name,
      settings: new Settings(layer.config),
      inputs,
      x: inputs[0]!,
      ...(typeof channels === "number" && { channels }),
      args,
      kwargs,
      argument: (place, keyword) => {
        const tensor = tensorOf(args[place]) ?? tensorOf(kwargs[keyword]);
        return tensor && this.flowOf(tensor);
      },
      variable: (...path) => this.writing.variables.get([name, ...path].join("/")),
    };
  }
}

function keyOf({ layer, call, output }: KerasTensor): string {
  return `${layer} ${call} ${output}`;
}
