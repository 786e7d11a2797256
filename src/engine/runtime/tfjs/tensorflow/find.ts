import { basename, delimiter, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { UserError } from "../../../../shared/errors";
import type { RuntimeOptions } from "../../runtime";
import { thisMachine, type Machine } from "./machine";

/** A TensorFlow on disk: an addon of tfjs-node or tfjs-node-gpu, or the shared libraries themselves. */
export type TensorflowFiles =
  | { readonly kind: "addon"; readonly addon: string }
  | { readonly kind: "library"; readonly core: string; readonly framework: string | undefined };

/** Names of the shared libraries by platform, the wheel's before those of the C archives and of conda. */
const libraryNames: Partial<Record<NodeJS.Platform, { readonly core: readonly string[]; readonly framework?: string; readonly tooOld: string }>> = {
  linux: { core: ["libtensorflow_cc.so.2", "libtensorflow.so.2"], framework: "libtensorflow_framework.so.2", tooOld: "libtensorflow_framework.so.1" },
  darwin: { core: ["libtensorflow_cc.2.dylib", "libtensorflow.2.dylib"], framework: "libtensorflow_framework.2.dylib", tooOld: "libtensorflow_framework.1.dylib" },
  win32: { core: ["tensorflow.dll"], tooOld: "libtensorflow.dll" },
};

/** What to do, as the end of a sentence. Python's wheels for Windows lack the C API. */
function howToGetIt({ platform }: Machine): string {
  const get = platform === "win32" ? "unpack an archive of https://www.tensorflow.org/install/lang_c" : `pip install tensorflow${platform === "linux" ? " (with an NVIDIA GPU: tensorflow[and-cuda])" : ""}`;
  const folder = platform === "win32" ? "its folder" : "the folder of that Python environment";
  return `${get}, and name ${folder} with --libtensorflow, in the setting normlens.analysis.libtensorflow or in NORMLENS_LIBTENSORFLOW`;
}

/**
 * Where TensorFlow is, best first: what is named, in the options or in NORMLENS_LIBTENSORFLOW, and nothing else; else the addon of the package that this
 * program came with, and the first libtensorflow of Python's environments and of the system. No program is run for it.
 * @throws UserError where there is none.
 */
export function findTensorflow({ libtensorflow }: RuntimeOptions, machine = thisMachine()): readonly [TensorflowFiles, ...TensorflowFiles[]] {
  const named = [libtensorflow, machine.environment["NORMLENS_LIBTENSORFLOW"]].find((name) => name !== undefined && name !== "");
  if (named !== undefined) return [filesOf(named, machine)];
  const [first, ...others] = [ownAddon(machine), foundLibrary(machine)].filter((files) => files !== undefined);
  if (first === undefined) throw new UserError(`No libtensorflow was found in Python's environments or among the system's libraries: ${howToGetIt(machine)}.`);
  return [first, ...others];
}

/** Paths of the files that findTensorflow would have loaded first; none where there are none. */
export function libtensorflowFiles(options: RuntimeOptions, machine = thisMachine()): readonly string[] {
  try {
    const [files] = findTensorflow(options, machine);
    return files.kind === "addon" ? [files.addon] : [files.core, ...(files.framework === undefined ? [] : [files.framework])];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** What a user named: a file, or a folder that holds one. */
function filesOf(named: string, machine: Machine): TensorflowFiles {
  const path = named.startsWith("~/") ? join(machine.home, named.slice(2)) : resolve(machine.workingFolder, named);
  const files = machine.isFile(path) ? filesOfFile(path, machine) : (addonOf(path, machine) ?? libraryOf(path, machine));
  if (files !== undefined) return files;
  const names = libraryNames[machine.platform];
  if (names === undefined) throw new UserError(`No libtensorflow is known for ${machine.platform}.`);
  if (places(path, machine).some((folder) => machine.isFile(join(folder, names.tooOld)))) {
    throw new UserError(`${path} was named for libtensorflow, but holds TensorFlow 1, where TensorFlow 2 is needed: ${howToGetIt(machine)}.`);
  }
  if (!machine.exists(path)) throw new UserError(`${path} was named for libtensorflow and does not exist: name TensorFlow's folder, or its Python environment's.`);
  throw new UserError(`${path} was named for libtensorflow, but there is no ${names.core.join(" or ")} in it: ${howToGetIt(machine)}.`);
}

function filesOfFile(path: string, machine: Machine): TensorflowFiles | undefined {
  if (path.endsWith(".node")) return { kind: "addon", addon: path };
  const framework = libraryNames[machine.platform]?.framework;
  return basename(path) === framework ? libraryIn(dirname(path), machine) : { kind: "library", core: path, framework: fileIn(dirname(path), framework, machine) };
}

function ownAddon(machine: Machine): TensorflowFiles | undefined {
  return machine.ownPackage === undefined ? undefined : addonOf(machine.ownPackage, machine);
}

/** The addon for the highest Node-API that this Node has, in the folder of tfjs-node or tfjs-node-gpu. */
function addonOf(folder: string, machine: Machine): TensorflowFiles | undefined {
  const addons = machine
    .list(join(folder, "lib"))
    .map((name) => ({ version: Number(/^napi-v(\d+)$/.exec(name)?.[1]), addon: join(folder, "lib", name, "tfjs_binding.node") }))
    .filter(({ version, addon }) => version <= machine.nodeApi && machine.isFile(addon))
    .sort((one, other) => other.version - one.version);
  return addons[0] && { kind: "addon", addon: addons[0].addon };
}

function foundLibrary(machine: Machine): TensorflowFiles | undefined {
  for (const folder of searchedFolders(machine)) {
    const files = libraryOf(folder, machine);
    if (files !== undefined) return files;
  }
  return undefined;
}

/**
 * The roots that are searched. An environment that is active was named by its user; of the others, none that a project may have brought along: the
 * libraries of a folder that was merely opened are not loaded.
 */
function searchedFolders(machine: Machine): string[] {
  const { environment, home } = machine;
  const active = [environment["VIRTUAL_ENV"], environment["CONDA_PREFIX"]].filter((folder): folder is string => folder !== undefined && folder !== "");
  const pyenv = join(environment["PYENV_ROOT"] ?? join(home, ".pyenv"), "versions");
  const others = [...pythonRoots(machine), ...machine.list(pyenv).map((name) => join(pyenv, name)), join(home, ".local"), ...systemFolders(machine)];
  return [...new Set([...active, ...others.filter((folder) => !isOfProject(folder, machine))])];
}

/** Roots of the Python installations on PATH: a virtual environment's own, and that of the Python that it was made with. */
function pythonRoots(machine: Machine): string[] {
  const names = machine.platform === "win32" ? ["python.exe"] : ["python3", "python"];
  return pathEntries("PATH", machine).flatMap((folder) =>
    names
      .map((name) => join(folder, name))
      .filter((python) => machine.isFile(python))
      .flatMap((python) => (machine.platform === "win32" ? [folder, dirname(folder)] : [dirname(folder), dirname(dirname(machine.realPath(python)))])),
  );
}

function systemFolders(machine: Machine): string[] {
  if (machine.platform === "win32") return pathEntries("PATH", machine);
  const triplets = machine.list("/usr/lib").filter((name) => name.includes("-linux-"));
  return [
    ...pathEntries(machine.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH", machine),
    "/usr/local",
    "/usr",
    ...triplets.map((name) => join("/usr/lib", name)),
    ...machine.list("/opt").map((name) => join("/opt", name)),
  ];
}

function pathEntries(variable: string, machine: Machine): string[] {
  return (machine.environment[variable] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
}

/** Below the working folder, where that is a project's: not the user's home, nor above it. */
function isOfProject(folder: string, machine: Machine): boolean {
  const project = machine.realPath(machine.workingFolder);
  return isWithin(machine.realPath(folder), project) && !isWithin(machine.realPath(machine.home), project);
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith("..") && !isAbsolute(way);
}

function libraryOf(root: string, machine: Machine): TensorflowFiles | undefined {
  for (const folder of places(root, machine)) {
    const files = libraryIn(folder, machine);
    if (files !== undefined) return files;
  }
  return undefined;
}

/**
 * Where the libraries can lie in a folder that is theirs, a site-packages folder, the root of a virtual or conda environment, of an unpacked C archive, or
 * of tfjs-node.
 */
function places(root: string, machine: Machine): string[] {
  const inPython = ["lib", "lib64"].flatMap((lib) =>
    machine
      .list(join(root, lib))
      .filter((name) => name.startsWith("python3"))
      .flatMap((python) => ["site-packages", "dist-packages"].map((packages) => join(root, lib, python, packages, "tensorflow"))),
  );
  return [root, ...["lib", "lib64", "tensorflow", "deps/lib", "Lib/site-packages/tensorflow"].map((place) => join(root, place)), ...inPython];
}

function libraryIn(folder: string, machine: Machine): TensorflowFiles | undefined {
  const names = libraryNames[machine.platform];
  const core = names?.core.map((name) => join(folder, name)).find((path) => machine.isFile(path));
  return core === undefined ? undefined : { kind: "library", core, framework: fileIn(folder, names?.framework, machine) };
}

function fileIn(folder: string, name: string | undefined, machine: Machine): string | undefined {
  const path = name === undefined ? undefined : join(folder, name);
  return path !== undefined && machine.isFile(path) ? path : undefined;
}
