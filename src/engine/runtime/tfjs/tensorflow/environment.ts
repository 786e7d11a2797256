import type { RuntimeOptions } from "../../runtime";

/**
 * Sets what TensorFlow and NVIDIA's libraries read from the environment while they are loaded. Native code sees these variables only from the main
 * thread or from a thread that was started with `env: SHARE_ENV`: elsewhere process.env is a copy.
 */
export function prepareEnvironment({ gpu, tf32 = false }: RuntimeOptions): void {
  const { env } = process;
  // Only what ends the process; every other fault comes as a status.
  env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";
  // Else TensorFlow takes all of a GPU's memory at once.
  env["TF_FORCE_GPU_ALLOW_GROWTH"] ??= "true";
  if (!tf32) env["NVIDIA_TF32_OVERRIDE"] = "0";
  if (gpu !== undefined) env["CUDA_VISIBLE_DEVICES"] = visibleDevice(gpu, env["CUDA_VISIBLE_DEVICES"]);
}

/** The one GPU that stays visible: counted among those that are visible already. One too many leaves none. */
function visibleDevice(gpu: number, visible: string | undefined): string {
  return visible === undefined ? String(gpu) : (visible.split(",")[gpu]?.trim() ?? "-1");
}
