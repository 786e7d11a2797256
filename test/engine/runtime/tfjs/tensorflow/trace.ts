import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Binding, OpAttribute, TensorData, TensorMetadata } from "../../../../../src/engine/runtime/tfjs/tensorflow/binding";
import { attributeTypes, dtypes, layoutOf } from "../../../../../src/engine/runtime/tfjs/tensorflow/ffi/dtypes";

/** A call that the kernels of TensorFlow.js made, and what a real libtensorflow gave back. */
export type Call =
  | { readonly call: "createTensor"; readonly shape: readonly number[]; readonly dtype: number; readonly values: readonly number[]; readonly id: number }
  | { readonly call: "executeOp"; readonly name: string; readonly attributes: readonly OpAttribute[]; readonly inputs: readonly number[]; readonly outputs: readonly TensorMetadata[] }
  | { readonly call: "tensorDataSync"; readonly id: number; readonly dtype: number; readonly values: readonly number[] }
  | { readonly call: "deleteTensor"; readonly id: number };

/** The calls for block.ts, by the version of TensorFlow that answered them. */
export interface Trace {
  readonly version: string;
  readonly calls: readonly Call[];
}

const file = join(import.meta.dirname, "trace.json");

export function readTrace(): Trace {
  return JSON.parse(readFileSync(file, "utf8")) as Trace;
}

/** One call a line. */
export function writeTrace({ version, calls }: Trace): void {
  writeFileSync(file, `{"version": ${JSON.stringify(version)}, "calls": [\n${calls.map((call) => JSON.stringify(call)).join(",\n")}\n]}\n`);
}

/** The binding, and the calls that are made of it from now on. */
export function recorded(binding: Binding): { readonly binding: Binding; readonly calls: readonly Call[] } {
  const calls: Call[] = [];
  const types = new Map<number, number>();
  return {
    calls,
    binding: {
      ...binding,
      createTensor: (shape, dtype, values) => {
        const id = binding.createTensor(shape, dtype, values);
        types.set(id, dtype);
        calls.push({ call: "createTensor", shape, dtype, values: numbersOf(values), id });
        return id;
      },
      executeOp: (name, attributes, inputs, outputCount) => {
        const outputs = binding.executeOp(name, attributes, inputs, outputCount);
        for (const { id, dtype } of outputs) types.set(id, dtype);
        calls.push({ call: "executeOp", name, attributes, inputs, outputs });
        return outputs;
      },
      tensorDataSync: (id) => {
        const data = binding.tensorDataSync(id);
        calls.push({ call: "tensorDataSync", id, dtype: types.get(id)!, values: numbersOf(data) });
        return data;
      },
      deleteTensor: (id) => {
        binding.deleteTensor(id);
        calls.push({ call: "deleteTensor", id });
      },
    },
  };
}

/**
 * A binding that answers as the library did that is in the trace, and throws where a call is not the one that was made then.
 * @returns it, and a count of the calls that are still to come.
 */
export function replayed({ version, calls }: Trace): { readonly binding: Binding; readonly remaining: () => number } {
  let next = 0;
  let failure: Error | undefined;
  const alive = new Set<number>();

  function expected<Name extends Call["call"]>(name: Name, actual: object): Extract<Call, { call: Name }> {
    // What comes after a wrong call, such as letting go of its inputs, would hide it.
    if (failure !== undefined) throw failure;
    const call = calls[next++];
    const asked = Object.entries({ call: name, ...actual });
    const same = call !== undefined && asked.every(([key, value]) => JSON.stringify(value) === JSON.stringify(Object.entries(call).find(([name]) => name === key)?.[1]));
    if (!same) throw (failure = new Error(`Call ${next - 1} is ${JSON.stringify(Object.fromEntries(asked))}, and was ${JSON.stringify(call)}.`));
    return call as Extract<Call, { call: Name }>;
  }

  const refuse = (): never => { throw new Error("The trace has no SavedModels."); };
  const binding: Binding = {
    ...dtypes,
    ...attributeTypes,
    TF_Version: version,
    isUsingGpuDevice: () => false,
    getNumOfTensors: () => alive.size,
    createTensor: (shape, dtype, values) => {
      const { id } = expected("createTensor", { shape, dtype, values: numbersOf(values) });
      alive.add(id);
      return id;
    },
    executeOp: (name, attributes, inputs) => {
      const { outputs } = expected("executeOp", { name, attributes, inputs });
      for (const { id } of outputs) alive.add(id);
      return [...outputs];
    },
    tensorDataSync: (id) => {
      const { dtype, values } = expected("tensorDataSync", { id });
      return dataOf(dtype, values);
    },
    deleteTensor: (id) => {
      expected("deleteTensor", { id });
      if (!alive.delete(id)) throw new Error(`Tensor ${id} was deleted before.`);
    },
    loadSavedModel: refuse,
    deleteSavedModel: refuse,
    runSavedModel: refuse,
    getNumOfSavedModels: () => 0,
  };
  return { binding, remaining: () => calls.length - next };
}

function numbersOf(values: TensorData | readonly Uint8Array[]): number[] {
  return Array.from<number | bigint | Uint8Array, number>(values, Number);
}

function dataOf(dtype: number, values: readonly number[]): TensorData {
  const data = layoutOf(dtype).array(values.length * layoutOf(dtype).bytesPerElement);
  if (data instanceof BigInt64Array) data.set(values.map(BigInt));
  else data.set(values);
  return data;
}
