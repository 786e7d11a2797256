/** TF_DataType of tensorflow/c/tf_datatype.h, as far as the kernels of TensorFlow.js name them. */
export const dtypes = { TF_FLOAT: 1, TF_INT32: 3, TF_UINT8: 4, TF_STRING: 7, TF_COMPLEX64: 8, TF_INT64: 9, TF_BOOL: 10, TF_RESOURCE: 20 } as const;

/** TF_AttrType of tensorflow/c/c_api.h; that of resources is the binding's own. */
export const attributeTypes = { TF_ATTR_STRING: 0, TF_ATTR_INT: 1, TF_ATTR_FLOAT: 2, TF_ATTR_BOOL: 3, TF_ATTR_TYPE: 4, TF_ATTR_SHAPE: 5, TF_ATTR_RESOURCE: 6 } as const;

/** How values of a dtype stand in memory. */
export interface Layout {
  /** What koffi calls one value, and its size in bytes. */
  readonly value: string;
  readonly bytes: number;
  /** Values that make an element: 2 for complex numbers. */
  readonly perElement: number;
}

const layouts: Partial<Record<number, Layout>> = {
  [dtypes.TF_FLOAT]: { value: "float", bytes: 4, perElement: 1 },
  [dtypes.TF_INT32]: { value: "int32_t", bytes: 4, perElement: 1 },
  [dtypes.TF_UINT8]: { value: "uint8_t", bytes: 1, perElement: 1 },
  [dtypes.TF_COMPLEX64]: { value: "float", bytes: 4, perElement: 2 },
  [dtypes.TF_INT64]: { value: "int64_t", bytes: 8, perElement: 1 },
  [dtypes.TF_BOOL]: { value: "uint8_t", bytes: 1, perElement: 1 },
};

/** @throws where values of a dtype can't be handed over: texts, resources, and the dtypes that TensorFlow.js has no arrays for. */
export function layoutOf(dtype: number): Layout {
  const layout = layouts[dtype];
  if (layout === undefined) throw new Error(`Tensors of TensorFlow's type ${dtype} can't be handed over: only float32, int32, int64, uint8, bool and complex64 can.`);
  return layout;
}
