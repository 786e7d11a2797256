import { dtypeBits } from "../../shared/dtype";
import { UserError } from "../../shared/errors";
import { ByteCursor } from "./byte-cursor";
import type { CheckpointFormat } from "./checkpoint";
import { describeCheckpoint } from "./describe-checkpoint";
import { beginningOf, withInputFile } from "./input-file";
import type { InputFile } from "./input-file";
import { parseRegion } from "./parse-region";
import { readPickle } from "./pickle";
import type { Pickle, PickleValue } from "./pickle";
import { quote } from "./quote";
import { referTo } from "./torch-references";
import type { StoragePlace } from "./torch-references";
import { findStateDict } from "./torch-state-dict";
import { torchStorage } from "./torch-tensor";

/** The number that starts the file, as a pickle of any protocol: torch/serialization.py, MAGIC_NUMBER. */
const magic = Buffer.from("8a0a6cfc9c46f9206aa850192e", "hex");

/** What stands before it: the protocol of the pickle, and from protocol 4 on the length of a frame. */
const magicStarts: readonly number[] = [2, 11];

/** What torch.save wrote before PyTorch 1.6: pickles of a description and of the storages' keys, then the storages, each after its number of elements. */
export const torchLegacy: CheckpointFormat = {
  name: "torch",

  async recognises(path) {
    const beginning = Buffer.from(await beginningOf(path, Math.max(...magicStarts) + magic.length));
    return magicStarts.includes(beginning.indexOf(magic));
  },

  async open(path) {
    return withInputFile(path, async (file) => {
      const { model, keys, end } = await readDescription(file, path);
      const { tensors, foreign, config } = findStateDict(model.value, path);
      const places = await findStorages(file, end, keys, elementSizes(model), path);
      const references = [...tensors].map(([name, tensor]) => {
        const place = places.get(tensor.storage.key);
        if (!place) throw new UserError(`${path}: the data of tensor ${quote(name)} are missing; the file is incomplete, so get it again.`);
        return referTo(name, tensor, place, path);
      });
      return { ...(await describeCheckpoint(torchLegacy.name, path, references, config)), foreign };
    });
  },
};

interface Description {
  readonly model: Pickle;
  /** Keys of the storages in the order of their data. */
  readonly keys: readonly PickleValue[];
  /** Where the data start. */
  readonly end: number;
}

/** Five pickles: the magic number, the protocol, the system, what was saved, the keys of its storages. */
async function readDescription(file: InputFile, path: string): Promise<Description> {
  const what = `The pickle in ${path}`;
  return parseRegion(file, { start: 0, end: file.size }, what, (cursor) => {
    const next = (): Pickle => readPickle(cursor, what);
    const [, , system, model, keys] = [next(), next(), next(), next(), next()];
    if (system.value instanceof Map && system.value.get("little_endian") === false) {
      throw new UserError(`${path} was saved on a big-endian machine; load it with PyTorch and save it anew on another.`);
    }
    if (!Array.isArray(keys.value)) throw new UserError(`${path} does not list its data; get the file again.`);
    return { model, keys: keys.value, end: cursor.position };
  });
}

/** Bytes of one element of each storage. */
function elementSizes({ references }: Pickle): ReadonlyMap<PickleValue, number> {
  return new Map(references.flatMap((reference) => {
    const storage = torchStorage(reference);
    return storage ? [[storage.key, dtypeBits[storage.dtype] / 8]] : [];
  }));
}

/** Bytes of the number that stands before a storage's data, of its elements. */
const countLength = 8;

async function findStorages(file: InputFile, start: number, keys: readonly PickleValue[], sizes: ReadonlyMap<PickleValue, number>, path: string): Promise<ReadonlyMap<PickleValue, StoragePlace>> {
  const places = new Map<PickleValue, StoragePlace>();
  let position = start;
  for (const key of keys) {
    const size = sizes.get(key);
    if (size === undefined) throw new UserError(`${path} holds data of a type that NormLens does not know; load it with PyTorch and save its weights as float32.`);
    if (position + countLength > file.size) throw new UserError(`${path} ends at byte ${file.size}, before its data do: it is incomplete; get it again.`);
    const offset = position + countLength;
    const length = size * (await readCount(file, position));
    position = offset + length;
    if (length < 0 || position > file.size) throw new UserError(`${path} ends at byte ${file.size}, before its data do: it is incomplete; get it again.`);
    places.set(key, { file: file.path, offset, length });
  }
  return places;
}

async function readCount(file: InputFile, position: number): Promise<number> {
  const bytes = new Uint8Array(countLength);
  await file.read(bytes, position);
  return new ByteCursor(bytes).i64();
}
