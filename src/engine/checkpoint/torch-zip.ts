import { UserError } from "../../shared/errors";
import { decodeUtf8 } from "./byte-cursor";
import type { CheckpointFormat, TensorReference } from "./checkpoint";
import { describeCheckpoint } from "./describe-checkpoint";
import { beginningOf, withInputFile } from "./input-file";
import type { InputFile } from "./input-file";
import { parseRegion } from "./parse-region";
import { readPickle } from "./pickle";
import type { PickleValue } from "./pickle";
import { quote } from "./quote";
import { referTo } from "./torch-references";
import type { StoragePlace } from "./torch-references";
import { findStateDict } from "./torch-state-dict";
import { withZipDirectory, zipMagic } from "./zip-directory";
import type { ZipDirectory, ZipEntry } from "./zip-directory";

/** Entry that describes what was saved; it stands in a folder that may have any name. */
const pickleEntry = /(^|\/)data\.pkl$/;

/** What torch.save writes since PyTorch 1.6, and torch.jit.save: a zip archive with a pickle and, not compressed, one entry for every storage. */
export const torchZip: CheckpointFormat = {
  name: "torch",

  async recognises(path) {
    return zipMagic.equals(await beginningOf(path, zipMagic.length));
  },

  async open(path) {
    return withInputFile(path, (file) =>
      withZipDirectory(file, path, async (directory) => {
        const { root, folder } = await readRoot(file, directory, path);
        const { tensors, foreign, config } = findStateDict(root, path);
        const locate = storages(file, directory, folder, path);
        const references: TensorReference[] = [];
        for (const [name, tensor] of tensors) references.push(referTo(name, tensor, await locate(tensor.storage.key, name), path));
        return { ...(await describeCheckpoint(torchZip.name, path, references, config)), foreign };
      }),
    );
  },
};

/** What was saved, and the folder of the archive in which it is described. */
async function readRoot(file: InputFile, directory: ZipDirectory, path: string): Promise<{ root: PickleValue; folder: string }> {
  const pickle = [...directory.entries.values()].find(({ name }) => pickleEntry.test(name));
  if (!pickle && directory.entries.has("model.weights.h5")) throw new UserError(`${path} is a Keras model whose entries are not in the order in which Keras saves them; give its name the ending .keras.`);
  if (!pickle) throw new UserError(`${path} is a zip archive that torch.save did not write; unpack it, or name the checkpoint itself.`);
  const folder = pickle.name.replace(/data\.pkl$/, "");
  await checkByteOrder(file, directory, folder, path);
  const what = `The pickle in ${path}`;
  const { value } = await parseRegion(file, await regionOf(pickle, directory), what, (cursor) => readPickle(cursor, what));
  return { root: value, folder };
}

async function regionOf(entry: ZipEntry, directory: ZipDirectory): Promise<{ start: number; end: number }> {
  const start = await directory.locate(entry);
  return { start, end: start + entry.size };
}

async function checkByteOrder(file: InputFile, directory: ZipDirectory, folder: string, path: string): Promise<void> {
  const entry = directory.entries.get(`${folder}byteorder`);
  if (!entry || entry.size > 16) return;
  const order = new Uint8Array(entry.size);
  await file.read(order, await directory.locate(entry));
  if (decodeUtf8(order) === "big") throw new UserError(`${path} was saved on a big-endian machine; load it with PyTorch and save it anew on another.`);
}

/** Finds the entry of a storage by its key; several tensors may share it. */
function storages(file: InputFile, directory: ZipDirectory, folder: string, path: string): (key: string, tensor: string) => Promise<StoragePlace> {
  const places = new Map<string, StoragePlace>();
  return async (key, tensor) => {
    const known = places.get(key);
    if (known) return known;
    const entry = directory.entries.get(`${folder}data/${key}`);
    if (!entry) throw new UserError(`${path}: the data of tensor ${quote(tensor)} are missing in the archive; get the file again or save it anew.`);
    const place = { file: file.path, offset: await directory.locate(entry), length: entry.size };
    places.set(key, place);
    return place;
  };
}
