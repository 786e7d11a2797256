import { availableParallelism } from "node:os";
import { UserError } from "../../../../../shared/errors";
import type { RuntimeOptions } from "../../../runtime";
import type { TensorflowFunctions } from "./functions";
import type { Library, Pointer } from "./koffi";
import type { Status } from "./status";

/** Where ops run. */
export interface Devices {
  readonly context: Pointer;
  /** Name of the device that computes, "/job:localhost/replica:0/task:0/device:GPU:0" ... */
  readonly device: string;
  readonly isGpu: boolean;
}

/**
 * Opens the processor and, where there is one, the GPU that is asked for, whose memory is taken as it is needed.
 * @throws UserError where there is no GPU of that number.
 */
export function openDevices(functions: TensorflowFunctions, status: Status, options: RuntimeOptions): Devices {
  const context = newContext(functions, status, options);
  const devices = listDevices(functions, status, context);
  const gpu = devices.find(({ type }) => type === "GPU");
  if (gpu === undefined && options.gpu !== undefined) throw new UserError(`GPU ${options.gpu} was asked for, but this TensorFlow finds none.`);
  const chosen = gpu ?? devices.find(({ type }) => type === "CPU");
  if (chosen === undefined) throw new Error("TensorFlow lists no device.");
  return { context, device: chosen.name, isGpu: gpu !== undefined };
}

/**
 * Lets products keep all of float32's mantissa where a GPU would round their factors to TF32. C++ without a C twin; where it is not exported, the
 * environment variable NVIDIA_TF32_OVERRIDE has to do.
 */
export function switchTf32(libraries: readonly Library[], on: boolean): void {
  for (const library of libraries) {
    for (const name of ["_ZN3tsl32enable_tensor_float_32_executionEb", "_ZN10tensorflow32enable_tensor_float_32_executionEb"]) {
      try {
        library.func(`void ${name}(bool enabled)`)(on);
        return;
      } catch {
        // Not here, or not under this name.
      }
    }
  }
}

/** A ConfigProto, https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/config.proto, as protobuf writes it. */
export function contextConfig({ threads, gpu }: RuntimeOptions): Uint8Array {
  const allowGrowth = [...varintField(4), 1];
  const visibleDevices = gpu === undefined ? [] : bytesField(5, [...Buffer.from(String(gpu))]);
  const intraOpThreads = threads === undefined ? [] : [...varintField(2), ...varint(Math.min(threads, availableParallelism()))];
  return Uint8Array.from([...intraOpThreads, ...bytesField(6, [...allowGrowth, ...visibleDevices])]);
}

function varintField(field: number): number[] {
  return [field << 3];
}

function bytesField(field: number, content: readonly number[]): number[] {
  return [(field << 3) | 2, ...varint(content.length), ...content];
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function newContext(functions: TensorflowFunctions, status: Status, options: RuntimeOptions): Pointer {
  const config = contextConfig(options);
  const contextOptions = functions.TFE_NewContextOptions();
  try {
    functions.TFE_ContextOptionsSetConfig(contextOptions, config, config.length, status.pointer);
    status.check();
    const context = functions.TFE_NewContext(contextOptions, status.pointer);
    status.check();
    return context;
  } catch (error) {
    throw noSuchGpu(error, options.gpu) ?? error;
  } finally {
    functions.TFE_DeleteContextOptions(contextOptions);
  }
}

/** TensorFlow's refusal of a GPU in a user's words: "'visible_device_list' listed an invalid GPU id '3' but visible device count is 1". */
function noSuchGpu(error: unknown, gpu: number | undefined): UserError | undefined {
  const count = error instanceof Error ? /visible device count is (\d+)/.exec(error.message)?.[1] : undefined;
  if (gpu === undefined || count === undefined) return undefined;
  return new UserError(`GPU ${gpu} was asked for, but there ${count === "1" ? "is only GPU 0" : `are only GPUs 0 to ${Number(count) - 1}`}.`, { cause: error });
}

function listDevices(functions: TensorflowFunctions, status: Status, context: Pointer): { readonly name: string; readonly type: string }[] {
  const list = functions.TFE_ContextListDevices(context, status.pointer);
  status.check();
  try {
    return Array.from({ length: functions.TF_DeviceListCount(list) }, (_, index) => {
      const name = functions.TF_DeviceListName(list, index, status.pointer);
      status.check();
      const type = functions.TF_DeviceListType(list, index, status.pointer);
      status.check();
      return { name, type };
    });
  } finally {
    functions.TF_DeleteDeviceList(list);
  }
}
