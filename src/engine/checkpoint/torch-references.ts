import { dtypeBits } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import type { TensorReference } from "./checkpoint";
import { quote } from "./quote";
import { byteLength } from "./safetensors-header";
import { isContiguous, spanOf } from "./strides";
import type { TorchTensor } from "./torch-tensor";

/** Where the bytes of a storage lie. */
export interface StoragePlace {
  /** Absolute path with all symbolic links resolved. */
  readonly file: string;
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
}

/** Bytes that a tensor may have beyond those that are stored for it, as `.expand` makes it of a few; a small file must not ask for any amount of memory. */
const mostRepeated = 2 ** 28;

/**
 * A tensor as a place in a file: the bytes of its storage, nothing copied.
 * @param path names the file in refusals.
 * @throws UserError where the tensor does not lie inside its storage.
 */
export function referTo(name: string, tensor: TorchTensor, place: StoragePlace, path: string): TensorReference {
  const { dtype, shape, strides, storage } = tensor;
  const bytesPerElement = dtypeBits[dtype] / 8;
  const start = (storage.firstElement * dtypeBits[storage.dtype]) / 8 + tensor.offset * bytesPerElement;
  const length = spanOf(shape, strides) * bytesPerElement;
  const whole = byteLength(dtype, shape);
  if (whole === undefined || !Number.isSafeInteger(start + length) || start + length > place.length) {
    throw new UserError(`${path}: tensor ${quote(name)} reaches beyond the ${place.length} bytes that are stored for it; get the file again or save it anew.`);
  }
  const reference = { name, dtype, shape, file: place.file, offset: place.offset + start, length };
  if (isContiguous(shape, strides)) return reference;
  if (whole > Math.max(place.length, mostRepeated)) {
    throw new UserError(`${path}: tensor ${quote(name)} repeats its elements to ${whole} bytes of the ${place.length} that are stored; save it anew with .contiguous().`);
  }
  return { ...reference, encoding: { kind: "strided", strides } };
}

/** Bytes that a storage takes by its description. */
export function storageLength({ storage }: TorchTensor): number {
  return ((storage.firstElement + storage.elements) * dtypeBits[storage.dtype]) / 8;
}
