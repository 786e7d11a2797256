import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { Proof } from "./prove";
import type { Prover } from "./prover";

const hour = 60 * 60 * 1000;

/** Milliseconds for which a proof counts: a speed that was measured in a busy moment goes after a week; what a failure came from may pass sooner, as a GPU's memory being full. */
const lasts = { works: 7 * 24 * hour, fails: hour };

/** Proofs that are remembered; the oldest go first. */
const mostEntries = 200;

interface Entry {
  readonly at: number;
  readonly proof: Proof;
}

/** The file in which proofs are remembered from run to run. */
export function proofCacheFile(): string {
  return join(cacheFolder(), "engines.json");
}

/** Where this system keeps what can be made again; NORMLENS_CACHE names another folder. What is no absolute path counts as unset, as the XDG specification has it. */
function cacheFolder(): string {
  const { env, platform } = process;
  const stated = (name: string): string | undefined => (isAbsolute(env[name] ?? "") ? env[name] : undefined);
  const own = stated("NORMLENS_CACHE");
  if (own !== undefined) return own;
  if (platform === "win32") return join(stated("LOCALAPPDATA") ?? join(homedir(), "AppData", "Local"), "normlens", "Cache");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "normlens");
  return join(stated("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "normlens");
}

/** Forgets everything that was proven, so that it is proven anew: an engine that failed while it ran is no longer what it was. */
export async function forgetProofs(file = proofCacheFile()): Promise<void> {
  await rm(file, { force: true }).catch(() => undefined);
}

/**
 * The same prover, which remembers in a file what it was shown.
 * @param keyOf names the state of the machine that a proof of an engine holds for.
 * @param fresh true asks again whatever is remembered.
 */
export function rememberingProver(prover: Prover, file: string, keyOf: (...asked: Parameters<Prover>) => Promise<string>, fresh = false): Prover {
  return async (engine, options, signal) => {
    const key = createHash("sha256").update(JSON.stringify([engine, options, await keyOf(engine, options)])).digest("hex");
    const known = fresh ? undefined : (await readEntries(file))[key];
    if (known !== undefined && Date.now() - known.at < (known.proof.works ? lasts.works : lasts.fails)) return known.proof;
    const proof = await prover(engine, options, signal);
    await remember(file, key, { at: Date.now(), proof });
    return proof;
  };
}

async function readEntries(file: string): Promise<Record<string, Entry>> {
  try {
    const json: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof json === "object" && json !== null ? Object.fromEntries(Object.entries(json).filter((entry): entry is [string, Entry] => isEntry(entry[1]))) : {};
  } catch {
    return {};
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null || !("at" in value) || typeof value.at !== "number" || !("proof" in value)) return false;
  const { proof } = value;
  if (typeof proof !== "object" || proof === null || !("works" in proof)) return false;
  if (proof.works === true) return "version" in proof && typeof proof.version === "string" && "gigaflops" in proof && typeof proof.gigaflops === "number";
  return proof.works === false && "reason" in proof && typeof proof.reason === "string";
}

/** A cache that can't be written is no reason to stop: the next run proves anew. */
async function remember(file: string, key: string, entry: Entry): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const entries = Object.entries({ ...(await readEntries(file)), [key]: entry }).sort(([, a], [, b]) => b.at - a.at).slice(0, mostEntries);
    await writeFile(temporary, JSON.stringify(Object.fromEntries(entries)));
    await rename(temporary, file);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
