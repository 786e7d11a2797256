import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../../../shared/errors";
import type { Value } from "../../graph/graph";
import type { TfjsBackend } from "./backend";
import { Cell } from "./cell";
import type { GraphNode } from "./node";
import { operatorOf } from "./operators/operators";
import type { Flow } from "./release";

/** A node, or the loading of a weight, ready to run. */
export interface Step extends Flow {
  /** Outputs in their order; inputs that are left out are undefined. */
  run(inputs: readonly (Cell | undefined)[]): Promise<readonly Cell[]>;
}

/**
 * Makes a node ready.
 * @throws UserError where its operator can't be run.
 */
export function nodeStep(node: GraphNode, backend: TfjsBackend): Step {
  const { host, device, ofShapes, settingsFrom = Infinity } = operatorOf(node);
  const compute: Step["run"] = async (cells) => {
    if (ofShapes) return [Cell.ofArray(ofShapes(cells.map((cell) => cell!.shape), node))];
    const data = cells.slice(0, settingsFrom);
    const settings = await Cell.readAll(cells.slice(settingsFrom));
    if (host && (!device || data.every((cell) => cell === undefined || cell.isHost))) {
      const inputs = await Cell.readAll(data);
      return host({ inputs, settings, node, backend }).map((array) => Cell.ofArray(array));
    }
    const inputs = data.map((cell) => cell?.onDevice());
    // What is handed through is cloned: each cell lets go of its own tensor.
    const outputs = tf.tidy(() => device!({ inputs, settings, node, backend }).map((tensor) => (inputs.includes(tensor) ? tf.clone(tensor) : tensor)));
    return outputs.map((tensor) => Cell.ofTensor(tensor));
  };
  const run: Step["run"] = async (cells) => {
    const results = await compute(cells);
    const missing = node.outputs.findIndex((name, position) => name !== "" && position >= results.length);
    if (missing === -1) return results;
    for (const cell of results) cell.dispose();
    throw new UserError(`tfjs can't compute output ${missing + 1} of the operator ${node.opType}; choose the runtime onnxruntime.`);
  };
  return { inputs: node.inputs, outputs: node.outputs, run };
}

/** Runs steps in order over named cells, each of which goes after its last use; `constants` are read and stay. */
export async function runSteps(
  steps: readonly Step[],
  releases: readonly (readonly Value[])[],
  cells: Map<Value, Cell>,
  constants: ReadonlyMap<Value, Cell>,
  afterStep: () => void,
): Promise<void> {
  const given = (name: Value): Cell => {
    const cell = cells.get(name) ?? constants.get(name);
    if (!cell) throw new Error(`The graph was not fed ${name}.`);
    return cell;
  };
  for (const [index, step] of steps.entries()) {
    const results = await step.run(step.inputs.map((name) => (name === "" ? undefined : given(name))));
    for (const [position, cell] of results.entries()) keepOrDispose(cells, step.outputs[position], cell);
    for (const name of releases[index]!) {
      cells.get(name)?.dispose();
      cells.delete(name);
    }
    afterStep();
  }
}

/** An output that a node does not name is not wanted. */
function keepOrDispose(cells: Map<Value, Cell>, name: Value | undefined, cell: Cell): void {
  if (name === undefined || name === "") cell.dispose();
  else cells.set(name, cell);
}
