import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Dirent } from "node:fs";
import { join } from "node:path";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Numbers that readers trip over: ends of ranges, of 1, 2, 4 or 8 bytes. */
const telling = [0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 40n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];

type Mutation = (bytes: Buffer, other: Buffer, random: (below: number) => number) => Buffer;

const mutations: readonly Mutation[] = [
  function flipBit(bytes, _other, random) {
    const at = random(bytes.length);
    bytes[at]! ^= 1 << random(8);
    return bytes;
  },
  function setByte(bytes, _other, random) {
    bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  function writeNumber(bytes, _other, random) {
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(telling[random(telling.length)]!);
    number.copy(bytes, random(bytes.length), 0, 2 ** random(4));
    return bytes;
  },
  function cut(bytes, _other, random) {
    return bytes.subarray(0, random(bytes.length));
  },
  function leaveOut(bytes, _other, random) {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(64))]);
  },
  function repeat(bytes, _other, random) {
    const at = random(bytes.length);
    const piece = bytes.subarray(at, at + 1 + random(64));
    return Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: 1 + random(20) }, () => piece), bytes.subarray(at)]);
  },
  function takeFromOther(bytes, other, random) {
    const from = random(other.length);
    other.copy(bytes, random(bytes.length), from, from + 1 + random(256));
    return bytes;
  },
];

/** Folders whose files are mutated: those that tests read, and those that fuzzing found. */
const seedFolders = ["../golden", "../found", "../../graph/exported"].map((folder) => join(import.meta.dirname, folder));

/** Larger files take longer, and are not more interesting. */
const largestSeed = 40_000;

/** The files that are mutated: all, or those whose names end so. Packed ones are not, since nothing reads them as they are. */
export function readSeeds(ending = ""): Buffer[] {
  const folders = seedFolders.filter((folder) => existsSync(folder));
  const files = folders.flatMap((folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (isSeed(entry, ending) ? [join(folder, entry.name)] : [])));
  return files.map((file) => readFileSync(file)).filter(({ length }) => length > 0 && length < largestSeed);
}

function isSeed(entry: Dirent, ending: string): boolean {
  return entry.isFile() && entry.name.endsWith(ending) && !entry.name.endsWith(".gz");
}

/** One of the seeds, changed in a few places; always the same for the same number. */
export function mutated(seeds: readonly Buffer[], number: number): Buffer {
  const generator = xoroshiro128plus(number);
  const random = (below: number): number => uniformInt(generator, 0, Math.max(0, below - 1));
  let bytes: Buffer = Buffer.from(seeds[random(seeds.length)]!);
  const changes = 1 + random(4);
  for (let change = 0; change < changes && bytes.length > 0; change++) {
    bytes = mutations[random(mutations.length)]!(bytes, seeds[random(seeds.length)]!, random);
  }
  return bytes;
}
