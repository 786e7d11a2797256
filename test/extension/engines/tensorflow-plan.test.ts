import { describe, expect, it } from "vitest";
import { cudaRequirements, pipArguments, planInstall } from "../../../src/extension/engines/tensorflow-plan";

describe("what is installed", () => {
  it("is TensorFlow with CUDA where there is an NVIDIA driver", () => {
    expect(planInstall("x64", true)).toMatchObject({ requirement: "tensorflow==2.21.0", cuda: true, machine: "x86_64" });
  });

  it("is for the processor without a driver, and on arm64", () => {
    expect(planInstall("x64", false)).toMatchObject({ requirement: "tensorflow-cpu==2.21.0", cuda: false });
    expect(planInstall("arm64", true)).toMatchObject({ requirement: "tensorflow==2.21.0", cuda: false, machine: "aarch64" });
  });

  it("is nothing where TensorFlow has no packages", () => {
    expect(planInstall("ppc64", true)).toBeUndefined();
  });
});

it("the CUDA packages are those that TensorFlow names, and no others", () => {
  const metadata = [
    "Name: tensorflow",
    "Requires-Dist: numpy>=1.26.0",
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    "Requires-Dist: nvidia-nccl-cu12<3.0,>=2.27.7 ; extra == 'and-cuda'",
    'Requires-Dist: tensorflow-io-gcs-filesystem>=0.23.1; (sys_platform != "win32") and extra == "gcs-filesystem"',
    'Requires-Dist: nvidia-other>=1; extra == "other"',
  ].join("\n");
  expect(cudaRequirements(metadata)).toEqual(["nvidia-cublas-cu12<13.0,>=12.5.3.2", "nvidia-nccl-cu12<3.0,>=2.27.7"]);
});

it("pip takes wheels for the machine alone, and writes into the folder alone", () => {
  const args = pipArguments(["tensorflow==2.21.0"], "/somewhere/else", "x86_64", "3.12");
  const valuesOf = (name: string) => args.flatMap((arg, index) => (arg === name ? [args[index + 1]] : []));
  expect(valuesOf("--target")).toEqual(["/somewhere/else"]);
  expect(valuesOf("--python-version")).toEqual(["3.12"]);
  expect(valuesOf("--platform")).toEqual(expect.arrayContaining(["manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]));
  expect(args).toEqual(expect.arrayContaining(["--no-deps", "--only-binary=:all:", "--no-cache-dir"]));
  expect(args.at(-1)).toBe("tensorflow==2.21.0");
});
