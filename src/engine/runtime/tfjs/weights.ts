import type { onnx } from "onnx-proto";
import type { TensorReference } from "../../checkpoint/checkpoint";
import { isComputable, readBytes, readTensor } from "../../checkpoint/tensor-data";
import { elementCount } from "../../tensor";
import { Cell } from "./cell";
import { readInitializer } from "./initializer";
import type { Step } from "./step";

/** Loads a weight from its file: a float type as float32 straight to the device, any other as it is. */
export function weightStep(name: string, tensor: onnx.ITensorProto, weight: TensorReference): Step {
  const load = async (): Promise<Cell> => {
    if (!isComputable(weight.dtype)) return Cell.ofArray(readInitializer({ ...tensor, rawData: await readBytes(weight) }));
    const cell = Cell.ofArray({ type: "float32", shape: weight.shape, data: await readTensor(weight) });
    cell.onDevice();
    return cell;
  };
  return { inputs: [], outputs: [name], run: async () => [await load()] };
}

/** Reads a constant that stands in the model. */
export function constantStep(name: string, read: () => ReturnType<typeof readInitializer>): Step {
  return { inputs: [], outputs: [name], run: () => Promise.resolve([Cell.ofArray(read())]) };
}

/** Bytes that a weight takes on the device. */
export function deviceBytes(weight: TensorReference): number {
  return 4 * elementCount(weight.shape);
}
