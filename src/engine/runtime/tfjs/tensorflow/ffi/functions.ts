import { UserError } from "../../../../../shared/errors";
import type { Library, Pointer } from "./koffi";

/** The functions of TensorFlow's C API that are called: tensorflow/c/{tf_status,tf_tensor,c_api}.h and tensorflow/c/eager/c_api.h. */
export interface TensorflowFunctions {
  TF_NewStatus(): Pointer;
  TF_GetCode(status: Pointer): number;
  TF_Message(status: Pointer): string;
  TF_SetStatus(status: Pointer, code: number, message: string): void;

  TFE_NewContextOptions(): Pointer;
  TFE_ContextOptionsSetConfig(options: Pointer, config: Uint8Array, length: number, status: Pointer): void;
  TFE_DeleteContextOptions(options: Pointer): void;
  TFE_NewContext(options: Pointer, status: Pointer): Pointer;
  TFE_ContextListDevices(context: Pointer, status: Pointer): Pointer;
  TF_DeviceListCount(list: Pointer): number;
  TF_DeviceListName(list: Pointer, index: number, status: Pointer): string;
  TF_DeviceListType(list: Pointer, index: number, status: Pointer): string;
  TF_DeleteDeviceList(list: Pointer): void;

  TF_AllocateTensor(dtype: number, shape: BigInt64Array, rank: number, bytes: number): Pointer;
  TF_TensorData(tensor: Pointer): Pointer;
  TF_TensorByteSize(tensor: Pointer): number;
  TF_DeleteTensor(tensor: Pointer): void;

  TFE_NewTensorHandle(tensor: Pointer, status: Pointer): Pointer;
  TFE_TensorHandleCopyToDevice(handle: Pointer, context: Pointer, device: string, status: Pointer): Pointer;
  TFE_TensorHandleDataType(handle: Pointer): number;
  TFE_TensorHandleNumDims(handle: Pointer, status: Pointer): number;
  TFE_TensorHandleDim(handle: Pointer, axis: number, status: Pointer): number;
  TFE_TensorHandleResolve(handle: Pointer, status: Pointer): Pointer;
  TFE_DeleteTensorHandle(handle: Pointer): void;

  TFE_NewOp(context: Pointer, name: string, status: Pointer): Pointer;
  TFE_OpAddInput(op: Pointer, handle: Pointer, status: Pointer): void;
  TFE_OpSetAttrString(op: Pointer, name: string, value: string, bytes: number): void;
  TFE_OpSetAttrInt(op: Pointer, name: string, value: number): void;
  TFE_OpSetAttrIntList(op: Pointer, name: string, values: BigInt64Array, count: number): void;
  TFE_OpSetAttrFloat(op: Pointer, name: string, value: number): void;
  TFE_OpSetAttrFloatList(op: Pointer, name: string, values: Float32Array, count: number): void;
  TFE_OpSetAttrBool(op: Pointer, name: string, value: number): void;
  TFE_OpSetAttrBoolList(op: Pointer, name: string, values: Uint8Array, count: number): void;
  TFE_OpSetAttrType(op: Pointer, name: string, value: number): void;
  TFE_OpSetAttrShape(op: Pointer, name: string, shape: BigInt64Array, rank: number, status: Pointer): void;
  /** @param outputs addresses of the outputs' handles, written by the call. */
  TFE_Execute(op: Pointer, outputs: BigUint64Array, count: Int32Array, status: Pointer): void;
  TFE_DeleteOp(op: Pointer): void;
}

const prototypes: Readonly<Record<keyof TensorflowFunctions, string>> = {
  TF_NewStatus: "void *TF_NewStatus()",
  TF_GetCode: "int TF_GetCode(void *status)",
  TF_Message: "const char *TF_Message(void *status)",
  TF_SetStatus: "void TF_SetStatus(void *status, int code, const char *message)",
  TFE_NewContextOptions: "void *TFE_NewContextOptions()",
  TFE_ContextOptionsSetConfig: "void TFE_ContextOptionsSetConfig(void *options, const void *config, size_t length, void *status)",
  TFE_DeleteContextOptions: "void TFE_DeleteContextOptions(void *options)",
  TFE_NewContext: "void *TFE_NewContext(void *options, void *status)",
  TFE_ContextListDevices: "void *TFE_ContextListDevices(void *context, void *status)",
  TF_DeviceListCount: "int TF_DeviceListCount(void *list)",
  TF_DeviceListName: "const char *TF_DeviceListName(void *list, int index, void *status)",
  TF_DeviceListType: "const char *TF_DeviceListType(void *list, int index, void *status)",
  TF_DeleteDeviceList: "void TF_DeleteDeviceList(void *list)",
  TF_AllocateTensor: "void *TF_AllocateTensor(int dtype, const void *shape, int rank, size_t bytes)",
  TF_TensorData: "void *TF_TensorData(void *tensor)",
  TF_TensorByteSize: "size_t TF_TensorByteSize(void *tensor)",
  TF_DeleteTensor: "void TF_DeleteTensor(void *tensor)",
  TFE_NewTensorHandle: "void *TFE_NewTensorHandle(void *tensor, void *status)",
  TFE_TensorHandleCopyToDevice: "void *TFE_TensorHandleCopyToDevice(void *handle, void *context, const char *device, void *status)",
  TFE_TensorHandleDataType: "int TFE_TensorHandleDataType(void *handle)",
  TFE_TensorHandleNumDims: "int TFE_TensorHandleNumDims(void *handle, void *status)",
  TFE_TensorHandleDim: "int64_t TFE_TensorHandleDim(void *handle, int axis, void *status)",
  TFE_TensorHandleResolve: "void *TFE_TensorHandleResolve(void *handle, void *status)",
  TFE_DeleteTensorHandle: "void TFE_DeleteTensorHandle(void *handle)",
  TFE_NewOp: "void *TFE_NewOp(void *context, const char *name, void *status)",
  TFE_OpAddInput: "void TFE_OpAddInput(void *op, void *handle, void *status)",
  TFE_OpSetAttrString: "void TFE_OpSetAttrString(void *op, const char *name, const char *value, size_t bytes)",
  TFE_OpSetAttrInt: "void TFE_OpSetAttrInt(void *op, const char *name, int64_t value)",
  TFE_OpSetAttrIntList: "void TFE_OpSetAttrIntList(void *op, const char *name, const void *values, int count)",
  TFE_OpSetAttrFloat: "void TFE_OpSetAttrFloat(void *op, const char *name, float value)",
  TFE_OpSetAttrFloatList: "void TFE_OpSetAttrFloatList(void *op, const char *name, const void *values, int count)",
  TFE_OpSetAttrBool: "void TFE_OpSetAttrBool(void *op, const char *name, uint8_t value)",
  TFE_OpSetAttrBoolList: "void TFE_OpSetAttrBoolList(void *op, const char *name, const void *values, int count)",
  TFE_OpSetAttrType: "void TFE_OpSetAttrType(void *op, const char *name, int value)",
  TFE_OpSetAttrShape: "void TFE_OpSetAttrShape(void *op, const char *name, const void *shape, int rank, void *status)",
  TFE_Execute: "void TFE_Execute(void *op, void *outputs, void *count, void *status)",
  TFE_DeleteOp: "void TFE_DeleteOp(void *op)",
};

/**
 * TensorFlow's version and its functions, each from the first of the libraries that has it.
 * @param where names the libraries in errors.
 * @throws UserError where a function is missing, or TensorFlow is older than 2.
 */
export function declareFunctions(libraries: readonly Library[], where: string): { readonly version: string; readonly functions: TensorflowFunctions } {
  const TF_Version = declared(libraries, "const char *TF_Version()");
  if (TF_Version === undefined) throw new UserError(`${where} is no libtensorflow: it lacks the function TF_Version.`);
  const version = String(TF_Version());
  if (Number.parseInt(version) < 2) throw new UserError(`${where} is TensorFlow ${version}, where TensorFlow 2 is needed: pip install --upgrade tensorflow.`);
  const functions = Object.entries(prototypes).map(([name, prototype]) => {
    const found = declared(libraries, prototype);
    if (found === undefined) throw new UserError(`TensorFlow ${version} at ${where} lacks the function ${name}, without which it can't be called: pip install --upgrade tensorflow.`);
    return [name, found] as const;
  });
  // The prototypes above and the types say the same.
  return { version, functions: Object.fromEntries(functions) as unknown as TensorflowFunctions };
}

function declared(libraries: readonly Library[], prototype: string): ReturnType<Library["func"]> | undefined {
  for (const library of libraries) {
    try {
      return library.func(prototype);
    } catch {
      // It may be in the next.
    }
  }
  return undefined;
}
