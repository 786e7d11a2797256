import type { TensorData } from "../binding";

/** TF_DataType of tensorflow/c/tf_datatype.h, as far as the kernels of TensorFlow.js name them. */
export const dtypes = { TF_FLOAT: 1, TF_INT32: 3, TF_UINT8: 4, TF_STRING: 7, TF_COMPLEX64: 8, TF_INT64: 9, TF_BOOL: 10, TF_RESOURCE: 20 } as const;

/** TF_AttrType of tensorflow/c/c_api.h; that of resources is the binding's own. */
export const attributeTypes = { TF_ATTR_STRING: 0, TF_ATTR_INT: 1, TF_ATTR_FLOAT: 2, TF_ATTR_BOOL: 3, TF_ATTR_TYPE: 4, TF_ATTR_SHAPE: 5, TF_ATTR_RESOURCE: 6 } as const;

/** How values of a dtype stand in memory. */
export interface Layout {
  /** Array of so many bytes. */
  readonly array: (bytes: number) => TensorData;
  readonly bytesPerElement: number;
}

const layouts: Partial<Record<number, Layout>> = {
  [dtypes.TF_FLOAT]: { array: (bytes) => new Float32Array(bytes / 4), bytesPerElement: 4 },
  [dtypes.TF_INT32]: { array: (bytes) => new Int32Array(bytes / 4), bytesPerElement: 4 },
  [dtypes.TF_UINT8]: { array: (bytes) => new Uint8Array(bytes), bytesPerElement: 1 },
  // Pairs of float32.
  [dtypes.TF_COMPLEX64]: { array: (bytes) => new Float32Array(bytes / 4), bytesPerElement: 8 },
  [dtypes.TF_INT64]: { array: (bytes) => new BigInt64Array(bytes / 8), bytesPerElement: 8 },
  [dtypes.TF_BOOL]: { array: (bytes) => new Uint8Array(bytes), bytesPerElement: 1 },
};

/** @throws where values of a dtype can't be handed over: texts, resources, and the dtypes that TensorFlow.js has no arrays for. */
export function layoutOf(dtype: number): Layout {
  const layout = layouts[dtype];
  if (layout === undefined) throw new Error(`Tensors of TensorFlow's type ${dtype} can't be handed over: only float32, int32, int64, uint8, bool and complex64 can.`);
  return layout;
}
