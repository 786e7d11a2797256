import * as tf from "@tensorflow/tfjs-core";
import { cast, type ElementType, type HostArray } from "./host/array";

/** Device types in which host types stand there. */
const deviceTypes = { float32: "float32", float64: "float32", int64: "int32", int32: "int32", bool: "bool" } as const satisfies Record<ElementType, tf.DataType>;

/** One value of a run: an array in JavaScript, a tensor of the backend, or both once it was moved. */
export class Cell {
  private constructor(
    private array: HostArray | undefined,
    private tensor: tf.Tensor | undefined,
  ) {}

  static ofArray(array: HostArray): Cell {
    return new Cell(array, undefined);
  }

  /** Takes the tensor over: it goes with the cell. */
  static ofTensor(tensor: tf.Tensor): Cell {
    return new Cell(undefined, tensor);
  }

  get shape(): readonly number[] {
    return (this.array ?? this.tensor!).shape;
  }

  /** Whether what is computed of it is computed in JavaScript: float32 is the device's, even before it has got there. */
  get isHost(): boolean {
    return this.array !== undefined && this.array.type !== "float32";
  }

  /** The value in JavaScript. */
  async read(): Promise<HostArray> {
    if (this.array) return this.array;
    const { dtype, shape } = this.tensor!;
    if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool") throw new Error(`A tensor of type ${dtype} can't be read.`);
    const data = await this.tensor!.data();
    // The cpu backend keeps the bytes of a bool that was cast to float32.
    return { type: dtype, shape, data: dtype === "float32" && !(data instanceof Float32Array) ? Float32Array.from(data) : data };
  }

  /** The value on the device; int64 as int32 and float64 as float32, which is all that there is. */
  onDevice(): tf.Tensor {
    this.tensor ??= upload(this.array!);
    if (this.array?.type === "float32") this.array = undefined;
    return this.tensor;
  }

  /** The values in JavaScript of cells, some of which may be left out. */
  static readAll(cells: readonly (Cell | undefined)[]): Promise<(HostArray | undefined)[]> {
    return Promise.all(cells.map(async (cell) => cell?.read()));
  }

  /** Lets go of the tensor. */
  dispose(): void {
    this.tensor?.dispose();
    this.tensor = undefined;
  }
}

function upload(array: HostArray): tf.Tensor {
  const type = deviceTypes[array.type];
  const data = array.type === "int64" ? Int32Array.from(array.data, clampToInt32) : cast(array, type).data;
  return tf.tensor(data, [...array.shape], type);
}

function clampToInt32(value: number): number {
  return Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);
}
