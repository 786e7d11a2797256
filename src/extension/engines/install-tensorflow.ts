import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EngineStatus } from "../../shared/engines";
import { CancelledError } from "../../shared/errors";
import type { RunProgram } from "./run-program";
import { cudaRequirements, pipArguments, pythonVersions, type InstallPlan } from "./tensorflow-plan";

/** Why nothing was installed; words for it are the caller's. */
export type InstallFailure =
  | { readonly kind: "no-python" }
  | { readonly kind: "no-pip"; readonly python: string }
  | { readonly kind: "no-space"; readonly freeBytes: number }
  /** None of pip's package indexes has it, and one at least could not be reached. */
  | { readonly kind: "no-network" }
  /** pip's last words. */
  | { readonly kind: "pip"; readonly line: string }
  /** It was installed, and does not work. */
  | { readonly kind: "unproven"; readonly reason: string }
  /** It was installed for a GPU, and finds none. */
  | { readonly kind: "no-gpu" }
  /** Another window installs it at this moment, in a folder beside the one that was asked for. */
  | { readonly kind: "busy"; readonly folder: string };

/** Nothing was installed. */
export class InstallError extends Error {
  override readonly name = "InstallError";

  constructor(readonly failure: InstallFailure) {
    super(failure.kind);
  }
}

/** What an installation is done with. */
export interface InstallTools {
  /** Path of Python; undefined where there is none. */
  readonly python: string | undefined;
  readonly run: RunProgram;
  /** Free room in a folder. */
  readonly freeBytes: (folder: string) => Promise<number>;
  /** Has the TensorFlow of a folder show what it can do. @throws CancelledError */
  readonly prove: (folder: string) => Promise<EngineStatus>;
  /** Takes pip's lines. */
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Room that an installation needs beside what it leaves: the wheels, until they are unpacked. */
const roomFor = ({ downloadBytes, diskBytes }: InstallPlan): number => downloadBytes + diskBytes;

/**
 * Installs TensorFlow with pip into a folder: beside it at first, and under its name only once it has worked. Whatever goes wrong, nothing new is left, and
 * what was in the folder before stays.
 * @returns what the engine showed.
 * @throws InstallError; CancelledError once `signal` is aborted.
 */
export async function installTensorflow(plan: InstallPlan, folder: string, tools: InstallTools): Promise<EngineStatus> {
  const making = `${folder}.partial`;
  const packages = join(making, "packages");
  await claim(making);
  try {
    const freeBytes = await tools.freeBytes(making);
    if (freeBytes < roomFor(plan)) throw new InstallError({ kind: "no-space", freeBytes });
    const pip = await findPip(making, tools);
    await pipInstall(pip, [plan.requirement], packages, plan);
    if (plan.cuda) await pipInstall(pip, cudaRequirements(await readMetadata(packages)), packages, plan);
    const status = await tools.prove(packages);
    if (!status.available) throw new InstallError({ kind: "unproven", reason: status.reason ?? "" });
    if (plan.cuda && status.hardware === undefined) throw new InstallError({ kind: "no-gpu" });
    if (tools.signal.aborted) throw new CancelledError();
    await remove(folder);
    await rename(packages, folder);
    return status;
  } finally {
    await remove(making);
  }
}

/** Makes a folder for this process alone; one that an earlier process has left goes. @throws InstallError where the other one still runs. */
async function claim(folder: string): Promise<void> {
  const owner = join(folder, "pid");
  const pid = Number(await readFile(owner, "utf8").catch(() => ""));
  if (pid > 0 && isRunning(pid)) throw new InstallError({ kind: "busy", folder });
  await remove(folder);
  await mkdir(join(folder, "tmp"), { recursive: true });
  await writeFile(owner, String(process.pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs pip; hands back its exit code and what it printed. */
type Pip = (args: readonly string[]) => Promise<{ readonly code: number; readonly lines: readonly string[] }>;

/** pip, which keeps to a folder with all that it writes. */
async function findPip(folder: string, { python, run, onLine, signal }: InstallTools): Promise<Pip> {
  if (python === undefined) throw new InstallError({ kind: "no-python" });
  const env = { TMPDIR: join(folder, "tmp"), PIP_USER: "0", PIP_REQUIRE_VIRTUALENV: "0", PIP_ROOT_USER_ACTION: "ignore", PYTHONSAFEPATH: "1", PYTHONDONTWRITEBYTECODE: "1" };
  const pip: Pip = async (args) => {
    const lines: string[] = [];
    const code = await run(python, ["-m", ...args], { cwd: folder, env, signal, onLine: (line) => { lines.push(line); onLine(line); } });
    return { code, lines };
  };
  const { code } = await pip(["pip", "--version"]);
  if (code !== 0) throw new InstallError({ kind: "no-pip", python });
  return pip;
}

/** Installs wheels for the first version of Python that there are any for. */
async function pipInstall(pip: Pip, requirements: readonly string[], folder: string, { machine }: InstallPlan): Promise<void> {
  const output: string[] = [];
  for (const version of pythonVersions) {
    const { code, lines } = await pip(pipArguments(requirements, folder, machine, version));
    if (code === 0) return;
    output.push(...lines);
    if (!isNotFound(lines)) break;
  }
  throw new InstallError(failureOf(output));
}

function isNotFound(lines: readonly string[]): boolean {
  return lines.some((line) => line.includes("No matching distribution found"));
}

function failureOf(output: readonly string[]): InstallFailure {
  const unreached = output.some((line) => /connection broken|ConnectTimeout|ProxyError|SSLError/i.test(line));
  if (unreached && isNotFound(output)) return { kind: "no-network" };
  const said = output.map((line) => line.trim()).filter((line) => line !== "");
  const line = said.filter((each) => each.startsWith("ERROR:")).at(-1) ?? said.at(-1) ?? "";
  return { kind: "pip", line: line.replace(/^ERROR:\s*/, "") };
}

/** What the installed TensorFlow says of itself. */
async function readMetadata(packages: string): Promise<string> {
  const name = (await readdir(packages)).find((each) => /^tensorflow-.*\.dist-info$/.test(each));
  return name === undefined ? "" : readFile(join(packages, name, "METADATA"), "utf8");
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
