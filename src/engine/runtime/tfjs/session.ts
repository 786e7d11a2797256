import { inputNames, type Graph, type Value } from "../../graph/graph";
import type { Tensor } from "../../tensor";
import type { Session } from "../runtime";
import type { TfjsBackend } from "./backend";
import { Cell } from "./cell";
import { onBackend } from "./current-backend";
import { cast, type ElementType, type HostArray } from "./host/array";
import { elementType } from "./initializer";
import { refuseBeyondLimit } from "./memory-limit";
import { planOf } from "./plan";
import { runSteps } from "./step";

/**
 * Makes a graph ready to run on a backend.
 * @throws UserError where an operator can't be run or memory does not suffice.
 */
export async function openSession(graph: Graph, backend: TfjsBackend): Promise<Session> {
  const plan = planOf(graph, backend);
  const inputTypes = typesOf(graph);
  const constants = new Map<Value, Cell>();
  const withinLimit = (): void => {
    refuseBeyondLimit(backend);
  };

  await onBackend(backend.device, async () => {
    refuseBeyondLimit(backend, plan.weightBytes);
    await disposedOnFailure(constants, () => runSteps(plan.preparation.steps, plan.preparation.releases, constants, new Map(), withinLimit));
  });

  const run: Session["run"] = (feeds, fetches) =>
    onBackend(backend.device, async () => {
      const cells = new Map<Value, Cell>();
      for (const name of inputNames(graph)) if (feeds[name]) cells.set(name, Cell.ofArray(cast(fromTensor(feeds[name]), inputTypes.get(name) ?? feeds[name].type)));
      try {
        await runSteps(plan.run.steps, plan.run.releases, cells, constants, withinLimit);
        const read = async (name: Value): Promise<[Value, Tensor]> => [name, toTensor(name, await (cells.get(name) ?? constants.get(name))?.read())];
        return Object.fromEntries(await Promise.all(fetches.map(read)));
      } finally {
        disposeAll(cells);
      }
    });

  const close = (): Promise<void> =>
    onBackend(backend.device, () => {
      disposeAll(constants);
      return Promise.resolve();
    });

  return { run, close };
}

async function disposedOnFailure(cells: Map<Value, Cell>, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    disposeAll(cells);
    throw error;
  }
}

function disposeAll(cells: Map<Value, Cell>): void {
  for (const cell of cells.values()) cell.dispose();
  cells.clear();
}

/** The types in which a graph takes its inputs. */
function typesOf(graph: Graph): Map<Value, ElementType> {
  const inputs = graph.model.graph?.input ?? [];
  return new Map(inputs.map((input) => [input.name ?? "", elementType(input.type?.tensorType?.elemType ?? 0)]));
}

function fromTensor({ type, shape, data }: Tensor): HostArray {
  return type === "float32" ? { type, shape, data } : { type, shape, data: Float64Array.from(data, Number) };
}

function toTensor(name: Value, array: HostArray | undefined): Tensor {
  if (array?.data instanceof Float32Array) return { type: "float32", shape: array.shape, data: array.data };
  if (array?.type === "int64") return { type: "int64", shape: array.shape, data: BigInt64Array.from(Array.from(array.data, BigInt)) };
  throw new Error(array ? `tfjs can't hand back a tensor of type ${array.type}.` : `The graph has no value ${name} to hand back.`);
}
