import { UserError } from "../../shared/errors";
import { isKerasModel } from "../graph/keras/model";
import type { CheckpointFormat } from "./checkpoint";
import { FileWindow } from "./file-window";
import { foreignContent, foreignName, tellingBytes } from "./foreign-formats";
import { readHdf5 } from "./hdf5";
import { beginningOf, withInputFile } from "./input-file";
import type { InputFile } from "./input-file";
import { parseJson } from "./json";
import type { JsonObject } from "./json";
import { kerasCheckpoint, ownClass } from "./keras-model";
import { quote } from "./quote";
import { withZipDirectory, zipMagic } from "./zip-directory";
import type { ZipDirectory, ZipEntry } from "./zip-directory";

const configuration = "config.json";
const weights = "model.weights.h5";

/** Entries that an archive of Keras begins with. */
const entries: readonly string[] = [configuration, "metadata.json", weights];

/** Longest configuration in bytes: a model of 1,000 layers takes 2 MB. */
const longestConfiguration = 2 ** 25;

/** A model as Keras 3 saves it: a zip archive with its configuration and, not compressed, its weights as HDF5. */
export const kerasFile: CheckpointFormat = {
  name: "keras",

  async recognises(path) {
    const beginning = await beginningOf(path, 64);
    return isZip(beginning) && (path.endsWith(".keras") || entries.includes(firstEntry(beginning)));
  },

  async open(path) {
    const beginning = await beginningOf(path, tellingBytes);
    if (!isZip(beginning)) throw new UserError(`${path} is ${foreignContent(beginning) ?? foreignName("model.keras")!}.`);
    return withInputFile(path, (file) =>
      withZipDirectory(file, path, async (directory) => {
        const config = await readConfiguration(file, directory, path);
        if (!isKerasModel(config)) throw ownClass(path, config);
        const entry = entryOf(directory, weights, path);
        const start = await directory.locate(entry);
        const { datasets } = await readHdf5(new FileWindow(file, { start, end: start + entry.size }, path));
        return kerasCheckpoint(kerasFile.name, path, config, datasets);
      }),
    );
  },
};

async function readConfiguration(file: InputFile, directory: ZipDirectory, path: string): Promise<JsonObject> {
  const entry = entryOf(directory, configuration, path);
  if (entry.size > longestConfiguration) throw new UserError(`${path} has a configuration of ${entry.size} bytes, more than the ${longestConfiguration} that are read; check that it is the right file.`);
  const bytes = new Uint8Array(entry.size);
  await file.read(bytes, await directory.locate(entry));
  return parseJson(bytes, `${configuration} in ${path}`);
}

function entryOf({ entries: stored }: ZipDirectory, name: string, path: string): ZipEntry {
  const entry = stored.get(name);
  if (entry) return entry;
  throw new UserError(`${path} lacks the entry ${quote(name)} of a Keras model; get the file again or save it anew.`);
}

function isZip(bytes: Uint8Array): boolean {
  return zipMagic.equals(bytes.subarray(0, zipMagic.length));
}

/** The name of the first entry of an archive, as far as it can be seen. */
function firstEntry(bytes: Uint8Array): string {
  const length = (bytes[26] ?? 0) + 256 * (bytes[27] ?? 0);
  return latin1(bytes.subarray(30, 30 + length));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
