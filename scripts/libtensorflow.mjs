// A real libtensorflow for the tests: the libraries and headers of PyPI's wheel, and tfjs-node-gpu's addon compiled against them, both once in a cache
// outside the project. They are a bonus: the tests that need them are skipped where they can't be had.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const version = "2.21.0";
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "normlens");
const libraryHome = join(cache, `libtensorflow-${version}`);
const addonHome = join(cache, `tfjs-addon-${version}`);
const libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

/** Folder of libtensorflow's libraries: NORMLENS_LIBTENSORFLOW, else the cache's; undefined where there is none. */
export function findLibtensorflow() {
  const named = process.env["NORMLENS_LIBTENSORFLOW"];
  if (named !== undefined && named !== "") return named;
  return existsSync(libraryHome) ? join(libraryHome, "tensorflow") : undefined;
}

/** Folder of tfjs-node-gpu with its addon compiled; undefined where there is none. */
export function findTfjsAddon() {
  return existsSync(addonHome) ? addonHome : undefined;
}

/** Fetches libtensorflow and compiles the addon where the cache has none; says in one line what can't be had. */
export function prepareLibtensorflow(say = console.log) {
  const missing = whatIsMissing(say);
  if (missing !== undefined) say(`The tests on libtensorflow will be skipped: ${missing}.`);
}

function whatIsMissing(say) {
  try {
    return fetchLibraries(say) ?? compileAddon(say);
  } catch (error) {
    return error.message;
  }
}

/** What is missing, where something is. */
function fetchLibraries(say) {
  if (existsSync(libraryHome)) return undefined;
  if (process.platform !== "linux" || process.arch !== "x64") return "they take the wheel for Linux on x64";
  say(`Fetching libtensorflow ${version} with pip, once, into ${libraryHome} ...`);
  return making(libraryHome, (folder) => {
    const wheel = join(folder, "wheel");
    const anyPython = ["--python-version", "3.11", "--only-binary=:all:", "--platform", "manylinux_2_27_x86_64"];
    const silent = ["--quiet", "--disable-pip-version-check", "--no-cache-dir", "--root-user-action=ignore"];
    if (!succeeds("python3", "-m", "pip", "install", `tensorflow-cpu==${version}`, "--no-deps", "--retries", "0", "--target", wheel, ...anyPython, ...silent)) {
      return `pip can't install tensorflow-cpu==${version} here`;
    }
    mkdirSync(join(folder, "tensorflow"));
    for (const name of [...libraries, "include"]) renameSync(join(wheel, "tensorflow", name), join(folder, "tensorflow", name));
    rmSync(wheel, { recursive: true });
    return undefined;
  });
}

/** What is missing, where something is. */
function compileAddon(say) {
  if (existsSync(addonHome)) return undefined;
  const { resolve } = createRequire(import.meta.url);
  const source = dirname(resolve("@tensorflow/tfjs-node-gpu/package.json"));
  // Node-API's headers, which Node itself is often installed without.
  const headers = join(dirname(resolve("koffi")), "vendor/node-api-headers/include");
  say(`Compiling tfjs-node-gpu's addon, once, into ${addonHome} ...`);
  return making(addonHome, (folder) => {
    for (const name of ["package.json", "binding"]) cpSync(join(source, name), join(folder, name), { recursive: true });
    const tensorflow = join(libraryHome, "tensorflow");
    mkdirSync(join(folder, "deps/lib"), { recursive: true });
    mkdirSync(join(folder, "lib/napi-v8"), { recursive: true });
    for (const name of libraries) symlinkSync(join(tensorflow, name), join(folder, "deps/lib", name));
    const compiled = succeeds(
      "g++",
      ...["-std=c++17", "-O1", "-shared", "-fPIC", "-w", "-DNAPI_VERSION=8", "-I", join(tensorflow, "include"), "-I", headers, "-I", folder],
      ...["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(folder, "binding", name)),
      ...["-L", tensorflow, "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2", "-Wl,-rpath,$ORIGIN/../../deps/lib"],
      ...["-o", join(folder, "lib/napi-v8/tfjs_binding.node")],
    );
    return compiled ? undefined : "g++ can't compile tfjs-node-gpu's addon";
  });
}

/** Makes a folder under another name until it is whole: a half-made one is never used. */
function making(home, make) {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(`${home}-`);
  try {
    const missing = make(folder);
    if (missing === undefined) renameSync(folder, home);
    return missing;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function succeeds(program, ...args) {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}
