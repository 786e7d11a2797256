import type { Dtype } from "../../shared/dtype";
import { PersistentReference, PickleGlobal, PickleObject } from "./pickle";
import type { PickleValue } from "./pickle";

/** A tensor as torch.save describes it: a view of a storage, which other tensors may share. */
export interface TorchTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Elements from one entry of each axis to the next. */
  readonly strides: readonly number[];
  /** Elements of the storage before the tensor's first. */
  readonly offset: number;
  readonly storage: TorchStorage;
}

/** Bytes that torch.save keeps outside its pickle. */
export interface TorchStorage {
  readonly key: string;
  /** Type of its elements; untyped storages count in bytes. */
  readonly dtype: Dtype;
  readonly elements: number;
  /** Elements before it in the storage `key`, where an old file has it as a part of that. */
  readonly firstElement: number;
}

/** dtype of each storage class in torch/storage.py. */
const storageDtypes: ReadonlyMap<string, Dtype> = new Map([
  ["FloatStorage", "F32"],
  ["HalfStorage", "F16"],
  ["BFloat16Storage", "BF16"],
  ["DoubleStorage", "F64"],
  ["LongStorage", "I64"],
  ["IntStorage", "I32"],
  ["ShortStorage", "I16"],
  ["CharStorage", "I8"],
  ["ByteStorage", "U8"],
  ["BoolStorage", "BOOL"],
  ["ComplexFloatStorage", "C64"],
  ["UntypedStorage", "U8"],
]);

/** Name of each dtype in torch that its storages' classes don't tell. */
const dtypes: ReadonlyMap<string, Dtype> = new Map([
  ["float32", "F32"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
  ["float64", "F64"],
  ["int64", "I64"],
  ["int32", "I32"],
  ["int16", "I16"],
  ["int8", "I8"],
  ["uint8", "U8"],
  ["uint16", "U16"],
  ["uint32", "U32"],
  ["uint64", "U64"],
  ["bool", "BOOL"],
  ["complex64", "C64"],
  ["float8_e4m3fn", "F8_E4M3"],
  ["float8_e4m3fnuz", "F8_E4M3FNUZ"],
  ["float8_e5m2", "F8_E5M2"],
  ["float8_e5m2fnuz", "F8_E5M2FNUZ"],
  ["float8_e8m0fnu", "F8_E8M0"],
]);

/** The position of what a wrapper wraps among its arguments. */
const wrappers: ReadonlyMap<string, number> = new Map([
  ["torch._utils._rebuild_parameter", 0],
  ["torch._utils._rebuild_parameter_with_state", 0],
]);

/** A tensor subclass: function, class, arguments of the function, state. */
const subclass = "torch._tensor._rebuild_from_type_v2";

const rebuilders = new Set(["_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"].map((name) => `torch._utils.${name}`));

/** Axes of a tensor at most: torch's own limit. */
const mostAxes = 64;

/** Wrappers around wrappers: Parameter around a subclass. */
const mostWrappers = 4;

/** By their rebuilder, tensors that have no plain elements: what they are, and what to do. */
const foreign: ReadonlyMap<string, string> = new Map([
  ["torch._utils._rebuild_sparse_tensor", "is sparse; save it dense, with .to_dense()"],
  ["torch._utils._rebuild_qtensor", "is quantised by PyTorch; save the model before it is quantised, or the tensor with .dequantize()"],
  ["torch._utils._rebuild_meta_tensor_no_storage", "is on the device meta, so that its elements were never saved; load the model's weights before saving it"],
  ["torch._utils._rebuild_nested_tensor", "is nested; save it padded, with .to_padded_tensor(0)"],
  ["torch._utils._rebuild_wrapper_subclass", "is of a class of its own, as of a quantisation; save the model without"],
]);

/** The tensor that a value of a pickle stands for; undefined where it is none, or one of a kind that has no plain elements. */
export function torchTensor(value: PickleValue): TorchTensor | undefined {
  const inner = unwrapped(value);
  return inner && rebuilders.has(inner.path) && Array.isArray(inner.args) ? rebuilt(inner.args) : undefined;
}

/** What a tensor without plain elements is, and what to do; undefined for all other values. */
export function foreignTensor(value: PickleValue): string | undefined {
  return foreign.get(unwrapped(value)?.path ?? "");
}

/** What stands behind wrappers around a tensor. */
function unwrapped(value: PickleValue): PickleObject | undefined {
  let inner = value;
  for (let depth = 0; depth < mostWrappers; depth++) {
    if (!(inner instanceof PickleObject) || !Array.isArray(inner.args)) return undefined;
    const next = wrappedBy(inner.path, inner.args);
    if (next === undefined) return inner;
    inner = next;
  }
  return undefined;
}

function wrappedBy(path: string, args: readonly PickleValue[]): PickleValue | undefined {
  if (path === subclass) return new PickleObject(args[0] ?? null, args[2] ?? null);
  const position = wrappers.get(path);
  return position === undefined ? undefined : args[position];
}

function rebuilt([reference, offset, shape, strides, , , given]: readonly PickleValue[]): TorchTensor | undefined {
  const storage = torchStorage(reference);
  if (!storage || !isSize(offset) || !isSizes(shape) || !isSizes(strides) || shape.length !== strides.length) return undefined;
  const dtype = given instanceof PickleGlobal ? dtypes.get(given.name) : storage.dtype;
  return dtype && { dtype, shape, strides, offset, storage };
}

/** The storage that a pickle refers to; undefined where it refers to something else: ("storage", class, key, device, number of elements), and in old files (key of the view, first element, number of elements). */
export function torchStorage(value: PickleValue | undefined): TorchStorage | undefined {
  if (!(value instanceof PersistentReference) || !Array.isArray(value.id)) return undefined;
  const [kind, type, key, , elements, view] = value.id;
  const dtype = type instanceof PickleGlobal ? storageDtypes.get(type.name) : undefined;
  if (kind !== "storage" || dtype === undefined || typeof key !== "string" || !isSize(elements)) return undefined;
  const firstElement = Array.isArray(view) ? view[1] : 0;
  return isSize(firstElement) ? { key, dtype, elements, firstElement } : undefined;
}

function isSize(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= mostAxes && value.every(isSize);
}
