// Reads what a VSIX holds.
import { buffer } from "node:stream/consumers";
import yauzl from "yauzl";

/** Its files with their sizes in bytes. */
export async function listVsix(file) {
  return read(file, ({ fileName, compressedSize, uncompressedSize }) => ({ path: fileName, compressed: compressedSize, size: uncompressedSize }));
}

/** Its files with their bytes. */
export async function readVsix(file) {
  return read(file, async (entry, zip) => ({ path: entry.fileName, bytes: await buffer(await zip.openReadStreamPromise(entry)) }));
}

async function read(file, take) {
  const zip = await yauzl.openPromise(file);
  const taken = [];
  for await (const entry of zip.eachEntry()) taken.push(await take(entry, zip));
  return taken;
}
