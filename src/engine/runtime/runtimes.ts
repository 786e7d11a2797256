import { messageOf, UserError } from "../../shared/errors";
import type { Runtime, RuntimeOptions } from "./runtime";

/** A runtime on one of its devices, before it is opened. */
export interface RuntimeChoice {
  /** "onnxruntime", "tfjs" ... */
  readonly runtime: string;
  /** "cpu", "webgpu" ... */
  readonly device: string;
  /** @throws where it can't run on this machine. */
  open(options: RuntimeOptions): Promise<Runtime>;
}

/** Every runtime and device; "auto" takes the first that can be opened. */
export const runtimeChoices: readonly RuntimeChoice[] = [
  {
    runtime: "onnxruntime",
    device: "cpu",
    open: async (options) => (await loaded(() => import("./onnxruntime"))).openOnnxRuntime(options),
  },
];

/** What this machine can run, and why not. */
export interface EngineStatus {
  readonly runtime: string;
  readonly device: string;
  readonly available: boolean;
  /** Where it is available. */
  readonly version?: string;
  /** Where it is not. */
  readonly reason?: string;
}

/** Tries every runtime. */
export async function engineStatuses(): Promise<EngineStatus[]> {
  return Promise.all(
    runtimeChoices.map(async (choice) => {
      const { runtime, device } = choice;
      try {
        return { runtime, device, available: true, version: (await choice.open({})).version };
      } catch (error) {
        return { runtime, device, available: false, reason: firstLine(error) };
      }
    }),
  );
}

/**
 * Opens the runtime that was asked for; "auto" stands for any.
 * @throws UserError where there is none of that name, or none that runs here.
 */
export async function openRuntime(runtime: string, device: string, options: RuntimeOptions): Promise<Runtime> {
  const candidates = runtimeChoices.filter(
    (choice) => (runtime === "auto" || choice.runtime === runtime) && (device === "auto" || choice.device === device),
  );
  if (candidates.length === 0) {
    const known = runtimeChoices.map((choice) => `${choice.runtime} on ${choice.device}`).join(", ");
    const asked = [runtime === "auto" ? "" : ` "${runtime}"`, device === "auto" ? "" : ` with a device "${device}"`].join("");
    throw new UserError(`There is no runtime${asked}; this version has ${known}.`);
  }
  const reasons: string[] = [];
  for (const candidate of candidates) {
    try {
      return await candidate.open(options);
    } catch (error) {
      reasons.push(`${candidate.runtime} on ${candidate.device}: ${firstLine(error)}`);
    }
  }
  throw new UserError(`No runtime can be opened on this machine (${reasons.join("; ")}), so no checkpoint can be analysed on it.`);
}

/** A runtime's module; where the package or its native part is not there, the error says so instead of naming files. */
async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") throw new Error(`it has no binary for ${process.platform}-${process.arch} here`, { cause: error });
    throw error;
  }
}

function firstLine(error: unknown): string {
  return messageOf(error).split("\n")[0]!;
}
