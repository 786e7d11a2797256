import type { RuntimeOptions } from "../../runtime";

/*
 * What TensorFlow and NVIDIA's libraries read from the environment while they are loaded. Native code sees what is set here only from the main thread, or
 * from a thread that was started with `env: SHARE_ENV`: elsewhere process.env is a copy.
 */

/** Sets what holds for the whole process: no log, no more of a GPU's memory than is needed, and float32 products without TF32 unless that is asked for. */
export function prepareEnvironment({ tf32 = false }: RuntimeOptions, environment = process.env): void {
  // Only what ends the process; every other fault comes as a status.
  environment["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
  environment["TF_FORCE_GPU_ALLOW_GROWTH"] ??= "true";
  if (!tf32) environment["NVIDIA_TF32_OVERRIDE"] = "0";
}

/** Runs what opens GPUs with one of them in sight, counted among those that the user left: one too many leaves none. All are where none is asked for. */
export function withVisibleGpu<Result>(gpu: number | undefined, run: () => Result, environment = process.env): Result {
  if (gpu === undefined) return run();
  const variable = "CUDA_VISIBLE_DEVICES";
  const before = environment[variable];
  environment[variable] = before === undefined ? String(gpu) : (before.split(",")[gpu]?.trim() ?? "-1");
  try {
    return run();
  } finally {
    if (before === undefined) Reflect.deleteProperty(environment, variable);
    else environment[variable] = before;
  }
}
