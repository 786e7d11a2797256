import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { homedir, release } from "node:os";
import { delimiter, join } from "node:path";
import { version } from "../../../../package.json";

/** Environment variables that decide which driver or library is loaded. */
const variables = [
  ...["VK_ICD_FILENAMES", "VK_DRIVER_FILES", "VK_ADD_DRIVER_FILES", "VK_LOADER_DRIVERS_SELECT", "VK_LOADER_DRIVERS_DISABLE", "VK_LAYER_PATH", "VK_INSTANCE_LAYERS", "DRI_PRIME", "MESA_VK_DEVICE_SELECT"],
  ...["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_TF32_OVERRIDE", "TF_XLA_FLAGS", "XLA_FLAGS", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "XDG_DATA_HOME", "XDG_DATA_DIRS", "NORMLENS_LIBTENSORFLOW"],
];

/** Those of them that name driver files. */
const variablesOfFiles = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES", "VK_ADD_DRIVER_FILES"];

/** Where Linux lists its Vulkan drivers; elsewhere drivers come with the system, whose release is part of the key. */
const driverFolders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", join(homedir(), ".local/share/vulkan/icd.d")];

/** Files that say which driver runs. */
const driverFiles = ["/proc/driver/nvidia/version", "/sys/module/amdgpu/version"];

/** Libraries whose coming and going changes what works, by folder and beginning of their names. */
const libraries = { folders: ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"], names: ["libvulkan.so", "libcuda.so", "libcudart.so", "libcudnn.so"] };

/** Key of everything on this machine that every proof depends on: NormLens, Node, system and drivers. */
export async function machineKey(): Promise<string> {
  const { node, electron } = process.versions;
  const parts = [
    version,
    node,
    electron ?? "",
    process.platform,
    process.arch,
    release(),
    ...variables.map((name) => process.env[name] ?? ""),
    ...(await Promise.all(driverFiles.map((file) => readFile(file, "utf8").catch(() => "")))),
    ...(await Promise.all([...driverFolders, ...namedFiles()].map(stamp))),
    ...(await Promise.all(driverFolders.map(async (folder) => (await stampsIn(folder, () => true)).join()))),
    ...(await Promise.all(libraries.folders.map(async (folder) => (await stampsIn(folder, (name) => libraries.names.some((start) => name.startsWith(start)))).join()))),
  ];
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}

/** Key of some files: their paths, sizes and times of change. */
export async function filesKey(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(stamp))).join("\0");
}

function namedFiles(): string[] {
  return variablesOfFiles.flatMap((name) => (process.env[name] ?? "").split(delimiter)).filter((path) => path !== "");
}

async function stampsIn(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.filter(wanted).sort().map((name) => stamp(join(folder, name))));
}

/** Path, size and time of change; empty where there is nothing. */
async function stamp(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? "" : `${path} ${found.size} ${found.mtimeMs}`;
}
