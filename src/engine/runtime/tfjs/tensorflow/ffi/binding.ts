import { elementCount } from "../../../../tensor";
import type { Binding, OpAttribute, TensorData, TensorMetadata } from "../binding";
import type { Devices } from "./devices";
import { attributeTypes, dtypes, layoutOf } from "./dtypes";
import type { TensorflowFunctions } from "./functions";
import type { Pointer } from "./koffi";
import type { Memory } from "./memory";
import type { Status } from "./status";

/**
 * The binding of tfjs-node's addon, written over libtensorflow's C API: what binding/tfjs_backend.cc does. SavedModels, texts and resources are refused
 * with an Error; no op fails without freeing what it made.
 */
export function newBinding(memory: Memory, functions: TensorflowFunctions, status: Status, { context, device, isGpu }: Devices, version: string): Binding {
  const handles = new Map<number, Pointer>();
  let nextId = 0;

  function keep(handle: Pointer): number {
    handles.set(nextId, handle);
    return nextId++;
  }

  function handleOf(id: number): Pointer {
    const handle = handles.get(id);
    if (handle === undefined) throw new Error(`There is no tensor ${id}.`);
    return handle;
  }

  /** A handle of a copy of the values, in the memory of this machine. */
  function copyOf(shape: readonly number[], dtype: number, values: ArrayBufferView): Pointer {
    const size = elementCount(shape) * layoutOf(dtype).bytesPerElement;
    if (values.byteLength !== size) throw new Error(`A tensor of shape [${shape.join(", ")}] takes ${size} bytes and was given ${values.byteLength}.`);
    const tensor = functions.TF_AllocateTensor(dtype, int64s(shape), shape.length, size);
    try {
      if (size > 0) memory.write(functions.TF_TensorData(tensor), values);
      const handle = functions.TFE_NewTensorHandle(tensor, status.pointer);
      status.check();
      return handle;
    } finally {
      functions.TF_DeleteTensor(tensor);
    }
  }

  function onDevice(handle: Pointer): Pointer {
    try {
      const copy = functions.TFE_TensorHandleCopyToDevice(handle, context, device, status.pointer);
      status.check();
      return copy;
    } finally {
      functions.TFE_DeleteTensorHandle(handle);
    }
  }

  function dataOf(handle: Pointer): TensorData {
    const { array } = layoutOf(functions.TFE_TensorHandleDataType(handle));
    const tensor = functions.TFE_TensorHandleResolve(handle, status.pointer);
    status.check();
    try {
      const values = array(functions.TF_TensorByteSize(tensor));
      if (values.length > 0) memory.read(functions.TF_TensorData(tensor), values);
      return values;
    } finally {
      functions.TF_DeleteTensor(tensor);
    }
  }

  function setAttribute(op: Pointer, { name, type, value }: OpAttribute): void {
    switch (type) {
      case attributeTypes.TF_ATTR_STRING:
        functions.TFE_OpSetAttrString(op, name, String(value), Buffer.byteLength(String(value)));
        return;
      case attributeTypes.TF_ATTR_INT:
        if (isList(value)) functions.TFE_OpSetAttrIntList(op, name, int64s(value.map(Number)), value.length);
        else functions.TFE_OpSetAttrInt(op, name, Number(value));
        return;
      case attributeTypes.TF_ATTR_FLOAT:
        if (isList(value)) functions.TFE_OpSetAttrFloatList(op, name, Float32Array.from(value, Number), value.length);
        else functions.TFE_OpSetAttrFloat(op, name, Number(value));
        return;
      case attributeTypes.TF_ATTR_BOOL:
        if (isList(value)) functions.TFE_OpSetAttrBoolList(op, name, Uint8Array.from(value, Number), value.length);
        else functions.TFE_OpSetAttrBool(op, name, Number(value));
        return;
      case attributeTypes.TF_ATTR_TYPE:
        functions.TFE_OpSetAttrType(op, name, Number(value));
        return;
      case attributeTypes.TF_ATTR_SHAPE: {
        const shape = isList(value) ? value.map(Number) : [];
        functions.TFE_OpSetAttrShape(op, name, int64s(shape), shape.length, status.pointer);
        status.check();
        return;
      }
      default:
        throw new Error(`Attribute ${name} has the type ${type}, which can't be handed over.`);
    }
  }

  /** The handles of an op's outputs. */
  function execute(name: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputCount: number): Pointer[] {
    const op = functions.TFE_NewOp(context, name, status.pointer);
    status.check();
    try {
      for (const id of inputs) {
        functions.TFE_OpAddInput(op, handleOf(id), status.pointer);
        status.check();
      }
      for (const attribute of attributes) setAttribute(op, attribute);
      const outputs = new BigUint64Array(outputCount);
      const count = Int32Array.of(outputCount);
      functions.TFE_Execute(op, outputs, count, status.pointer);
      status.check();
      return Array.from(outputs.subarray(0, count[0]));
    } finally {
      functions.TFE_DeleteOp(op);
    }
  }

  function shapeOf(handle: Pointer): number[] {
    const rank = functions.TFE_TensorHandleNumDims(handle, status.pointer);
    status.check();
    const shape: number[] = [];
    for (let axis = 0; axis < rank; axis++) {
      shape.push(functions.TFE_TensorHandleDim(handle, axis, status.pointer));
      status.check();
    }
    return shape;
  }

  function describe(id: number): TensorMetadata {
    const handle = handleOf(id);
    return { id, shape: shapeOf(handle), dtype: functions.TFE_TensorHandleDataType(handle) };
  }

  function deleteTensor(id: number): void {
    functions.TFE_DeleteTensorHandle(handleOf(id));
    handles.delete(id);
  }

  return {
    ...dtypes,
    ...attributeTypes,
    TF_Version: version,
    isUsingGpuDevice: () => isGpu,
    getNumOfTensors: () => handles.size,
    createTensor: (shape, dtype, values) => {
      if (!ArrayBuffer.isView(values)) throw new Error("Tensors of texts can't be handed to libtensorflow.");
      const handle = copyOf(shape, dtype, values);
      // Most of TensorFlow's kernels for GPUs take integers, which are shapes and axes, from the machine's own memory.
      return keep(isGpu && dtype !== dtypes.TF_INT32 ? onDevice(handle) : handle);
    },
    deleteTensor,
    tensorDataSync: (id) => dataOf(handleOf(id)),
    executeOp: (name, attributes, inputs, outputCount) => {
      const ids = execute(name, attributes, inputs, outputCount).map(keep);
      try {
        return ids.map(describe);
      } catch (error) {
        ids.forEach(deleteTensor);
        throw error;
      }
    },
    loadSavedModel: refuseSavedModels,
    deleteSavedModel: refuseSavedModels,
    runSavedModel: refuseSavedModels,
    getNumOfSavedModels: () => 0,
  };
}

function refuseSavedModels(): never {
  throw new Error("SavedModels are not supported over libtensorflow.");
}

function isList(value: OpAttribute["value"]): value is readonly number[] | readonly boolean[] {
  return Array.isArray(value);
}

function int64s(numbers: readonly number[]): BigInt64Array {
  return BigInt64Array.from(numbers, BigInt);
}
