/** The version of TensorFlow that is installed; its kernels are those that the engine was tested with. */
export const tensorflowVersion = "2.21.0";

/** What would be installed. */
export interface InstallPlan {
  /** For pip: "tensorflow==2.21.0". */
  readonly requirement: string;
  /** True where the CUDA libraries that TensorFlow names are installed too. */
  readonly cuda: boolean;
  /** Machine as wheels name it: "x86_64". */
  readonly machine: string;
  readonly downloadBytes: number;
  /** Size when all is installed. */
  readonly diskBytes: number;
}

/** Machines as wheels name them, by Node's name. */
const machines: Readonly<Record<string, string | undefined>> = { x64: "x86_64", arm64: "aarch64" };

/** Rounded up from the packages' own sizes. */
const sizes = { cuda: { downloadBytes: 3.5e9, diskBytes: 6e9 }, cpu: { downloadBytes: 0.3e9, diskBytes: 1.3e9 } };

/**
 * What suits a Linux machine: on x64 with an NVIDIA driver TensorFlow with CUDA, else what runs on the processor; on arm64 TensorFlow's own
 * packages have no GPU. Undefined where TensorFlow has no packages.
 * @param arch as Node names it.
 */
export function planInstall(arch: string, hasNvidiaDriver: boolean): InstallPlan | undefined {
  const machine = machines[arch];
  if (machine === undefined) return undefined;
  const cuda = arch === "x64" && hasNvidiaDriver;
  const name = cuda || arch !== "x64" ? "tensorflow" : "tensorflow-cpu";
  return { requirement: `${name}==${tensorflowVersion}`, cuda, machine, ...(cuda ? sizes.cuda : sizes.cpu) };
}

/** The CUDA packages that TensorFlow's METADATA names for its extra "and-cuda", as pip takes them: "nvidia-cublas-cu12<13.0,>=12.5.3.2". */
export function cudaRequirements(metadata: string): string[] {
  return [...metadata.matchAll(/^Requires-Dist: (nvidia-[^;]+?)\s*;\s*extra == ["']and-cuda["']\s*$/gm)].map((match) => match[1]!);
}

/** Versions of Python for which wheels are asked, in turn: what is wanted of them does not depend on Python, but their names do. */
export const pythonVersions = ["3.12", "3.13", "3.11", "3.10"] as const;

/** Versions of glibc whose wheels run wherever this TensorFlow does, which wants 2.27; pip takes every one by name. */
const glibcMinors = Array.from({ length: 11 }, (_, index) => 27 - index);

/**
 * Arguments of `python -m` with which pip installs wheels into a folder, whatever the Python that runs it, and into nothing else.
 * @param pythonVersion one of {@link pythonVersions}
 */
export function pipArguments(requirements: readonly string[], folder: string, machine: string, pythonVersion: string): string[] {
  const platforms = [...glibcMinors.map((minor) => `manylinux_2_${minor}_${machine}`), `manylinux2014_${machine}`];
  return [
    ...["pip", "install", "--no-deps", "--only-binary=:all:", "--target", folder],
    ...["--implementation", "cp", "--python-version", pythonVersion, ...platforms.flatMap((platform) => ["--platform", platform])],
    ...["--no-cache-dir", "--no-compile", "--no-input", "--progress-bar", "off", "--disable-pip-version-check", ...requirements],
  ];
}
