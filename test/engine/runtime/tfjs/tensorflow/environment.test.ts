import { describe, expect, it } from "vitest";
import { prepareEnvironment, withVisibleGpu } from "../../../../../src/engine/runtime/tfjs/tensorflow/environment";

describe("the environment that TensorFlow is loaded in", () => {
  const prepared = (options: Parameters<typeof prepareEnvironment>[0], environment: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
    prepareEnvironment(options, environment);
    return environment;
  };

  it("keeps it quiet, modest and exact", () => {
    expect(prepared({})).toEqual({ TF_CPP_MIN_LOG_LEVEL: "3", TF_FORCE_GPU_ALLOW_GROWTH: "true", NVIDIA_TF32_OVERRIDE: "0" });
    expect(prepared({ tf32: true })).not.toHaveProperty("NVIDIA_TF32_OVERRIDE");
    expect(prepared({}, { TF_CPP_MIN_LOG_LEVEL: "0" })).toMatchObject({ TF_CPP_MIN_LOG_LEVEL: "0" });
  });

  it.each([
    [undefined, undefined, undefined],
    [undefined, "2,3", "2,3"],
    [1, undefined, "1"],
    [1, "2, 3", "3"],
    [0, "GPU-8f6c", "GPU-8f6c"],
    [1, "2", "-1"],
  ])("shows GPU %s of those in %s as %s, and all again afterwards", (gpu, before, during) => {
    const environment: NodeJS.ProcessEnv = before === undefined ? {} : { CUDA_VISIBLE_DEVICES: before };
    expect(withVisibleGpu(gpu, () => environment["CUDA_VISIBLE_DEVICES"], environment)).toBe(during);
    expect(() => withVisibleGpu(gpu, () => { throw new Error("It can't be loaded."); }, environment)).toThrow("It can't be loaded.");
    expect(environment).toEqual(before === undefined ? {} : { CUDA_VISIBLE_DEVICES: before });
  });
});
