import type { onnx } from "onnx-proto";
import { outputNames, type Graph, type Value } from "../../graph/graph";
import type { TfjsBackend } from "./backend";
import { constantOf } from "./constant-node";
import { readInitializer } from "./initializer";
import { readNode, type GraphNode } from "./node";
import { lastUses, needed } from "./release";
import { nodeStep, type Step } from "./step";
import { tablesOf, tableStep } from "./tables";
import { transposeOnce } from "./transpose-once";
import { constantStep, deviceBytes, weightStep } from "./weights";

/** Steps, and the values that go after each of them. */
export interface Program {
  readonly steps: readonly Step[];
  readonly releases: readonly (readonly Value[])[];
}

/** A graph that is ready to run. */
export interface Plan {
  /** Runs once: loads weights, and computes all that follows from them and other constants alone. */
  readonly preparation: Program;
  /** Runs for each set of inputs. */
  readonly run: Program;
  /** Bytes of the weights that the preparation puts on the device. */
  readonly weightBytes: number;
}

/**
 * Plans a graph: what nothing depends on is left out, what is constant is told from what is not.
 * @throws UserError where an operator can't be run.
 */
export function planOf(graph: Graph, backend: TfjsBackend): Plan {
  const outputs = outputNames(graph);
  const initializers = new Map((graph.model.graph?.initializer ?? []).map((tensor) => [tensor.name ?? "", tensor]));
  const wanted = needed(nodesOf(graph.model), outputs);
  const constants = constantsOf(wanted, initializers.keys());
  const nodes = backend.slowTransposeB ? transposeOnce(wanted, constants) : wanted;
  const tables = tablesOf(graph, nodes, outputs);
  const preparation: Step[] = [];
  const run: Step[] = [];
  const loaded = new Set<Value>();
  let weightBytes = 0;
  const load = (name: Value): void => {
    const tensor = initializers.get(name);
    if (!tensor || loaded.has(name)) return;
    loaded.add(name);
    const weight = graph.weights.get(name);
    if (weight) weightBytes += deviceBytes(weight);
    preparation.push(weight ? weightStep(name, tensor, weight) : constantStep(name, () => readInitializer(tensor)));
  };
  for (const node of nodes) {
    const table = tables.get(node.inputs[0] ?? "");
    for (const name of node.inputs) if (!tables.has(name)) load(name);
    const step = node.opType === "Constant" ? constantStep(node.outputs[0]!, () => constantOf(node)) : table ? tableStep(node, table) : nodeStep(node, backend);
    (node.outputs.every((name) => name === "" || constants.has(name)) ? preparation : run).push(step);
  }
  for (const name of outputs) load(name);
  return {
    preparation: { steps: preparation, releases: lastUses(preparation, [...run.flatMap((step) => step.inputs), ...outputs]) },
    run: { steps: run, releases: lastUses(run, outputs) },
    weightBytes,
  };
}

function nodesOf(model: onnx.IModelProto): GraphNode[] {
  const versions = new Map((model.opsetImport ?? []).map(({ domain, version }) => [domain ?? "", Number(version)]));
  const opset = versions.get("") ?? versions.get("ai.onnx") ?? 1;
  return (model.graph?.node ?? []).map((node) => readNode(node, opset));
}

/** Values that are the same in every run: initializers, and what follows from them alone. */
function constantsOf(nodes: readonly GraphNode[], initializers: Iterable<Value>): Set<Value> {
  const constants = new Set(initializers);
  for (const node of nodes) if (node.inputs.every((name) => name === "" || constants.has(name))) for (const name of node.outputs) constants.add(name);
  constants.delete("");
  return constants;
}
