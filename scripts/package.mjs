// Packs the extension into dist-vsix/, or the folder after --out: for one platform (--target linux-x64), or as the portable VSIX with the engines of all platforms.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { createVSIX } from "@vscode/vsce";
import { noticesOf } from "./notices.mjs";
import { fetchPackage } from "./npm-cache.mjs";
import { listVsix } from "./vsix.mjs";

const root = join(import.meta.dirname, "..");
const megabyte = 1e6;
/** Largest compressed sizes, in bytes. A rise above them is a mistake until somebody has looked at it. */
const bounds = { windows: 37 * megabyte, platform: 25 * megabyte, portable: 112 * megabyte };
/** Whatever VS Code runs on that can start a process. */
const targets = ["linux-x64", "linux-arm64", "linux-armhf", "alpine-x64", "alpine-arm64", "darwin-x64", "darwin-arm64", "win32-x64", "win32-arm64"];
/** What the engine loads; on Windows, DirectML and the shader compiler of WebGPU are among it. A second copy of macOS's library stays out. */
const engineLibrary = /\/(onnxruntime_binding\.node|libonnxruntime\.so\.1|libonnxruntime\.1\.dylib|(onnxruntime|DirectML|dxcompiler|dxil)\.dll)$/;
/** What koffi loads on its way to its binary. */
const koffiScripts = ["package.json", "index.js", "index.cjs", "src/koffi/index.js", "src/koffi/index.cjs", "src/koffi/src/static.js", "src/koffi/src/static.cjs"];

const { values: { target, out } } = parseArgs({ options: { target: { type: "string" }, out: { type: "string", default: join(root, "dist-vsix") } } });
if (target !== undefined && !targets.includes(target)) {
  console.error(`NormLens can't be packed for "${target}": pack for one of ${targets.join(", ")}, or for all of them by leaving --target out.`);
  process.exit(1);
}
/** Where there is a libtensorflow that computes on a GPU, which is what koffi is for. */
const koffiArchitectures = ["x64", "arm64"].filter((arch) => target === undefined || target === `linux-${arch}`);

const stage = mkdtempSync(join(tmpdir(), "normlens-package-"));
try {
  const left = await layOut(stage);
  mkdirSync(out, { recursive: true });
  const { name, version } = manifest();
  const vsix = join(out, `${name}-${target ?? "portable"}-${version}.vsix`);
  await createVSIX({ cwd: stage, packagePath: vsix, target, dependencies: false, rewriteRelativeLinks: false, allowMissingRepository: true });
  await report(vsix, left);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** Writes everything that is packed into a folder; .vscodeignore, which goes along, says which of it is. Returns the engine's files that were left out. */
async function layOut(folder) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "--production", "--outdir", join(folder, "dist")], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("The build failed, so nothing is packed.");
  // The command line is no part of the extension.
  rmSync(join(folder, "dist/cli.js"));
  for (const name of [".vscodeignore", "LICENSE", "CHANGELOG.md", "SUPPORT.md", "l10n", "media", ...readdirSync(root).filter((file) => file.startsWith("package.nls"))]) cpSync(join(root, name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest(), undefined, 2));
  writeFileSync(join(folder, "README.md"), readme());
  writeFileSync(join(folder, "NOTICES.txt"), noticesOf(root));
  copyKoffi(folder);
  return copyEngine(folder);
}

/** What VS Code reads of package.json: everything is bundled, so nothing is left to install or to run. */
function manifest() {
  const unread = ["private", "bin", "files", "scripts", "dependencies", "devDependencies", "optionalDependencies", "overrides"];
  return Object.fromEntries(Object.entries(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))).filter(([key]) => !unread.includes(key)));
}

/** The README with its pictures inside, and without links to files that are not packed: VS Code resolves neither. */
function readme() {
  return readFileSync(join(root, "README.md"), "utf8")
    .replace(/!\[([^\]]*)\]\((?!\w+:)([^)]+\.png)\)/g, (_, alt, path) => `![${alt}](data:image/png;base64,${readFileSync(join(root, path)).toString("base64")})`)
    .replace(/(?<!!)\[([^\]]*)\]\((?!\w+:|#)[^)]+\)/g, "$1");
}

/** Puts onnxruntime beside the engine, with the binaries of the target, or of all platforms. */
function copyEngine(folder) {
  const from = join(root, "node_modules/onnxruntime-node");
  const to = join(folder, "dist/node_modules/onnxruntime-node");
  const native = readdirSync(join(from, "bin"), { recursive: true }).map((path) => `bin/${path.replaceAll("\\", "/")}`).filter((path) => /\.(node|dll|dylib)$|\.so(\.\d+)?$/.test(path));
  const wanted = target === undefined ? native : native.filter((path) => path.includes(`/${target.replace("-", "/")}/`));
  if (wanted.length === 0) {
    console.log(`onnxruntime has no binary for ${target}: this VSIX analyses checkpoints with TensorFlow.js alone.`);
    return [];
  }
  for (const path of ["package.json", "dist", ...wanted.filter((path) => engineLibrary.test(path))]) cpSync(join(from, path), join(to, path), { recursive: true });
  for (const path of ["package.json", "dist/cjs"]) cpSync(join(root, "node_modules/onnxruntime-common", path), join(folder, "dist/node_modules/onnxruntime-common", path), { recursive: true });
  return wanted.filter((path) => !engineLibrary.test(path));
}

/** Puts koffi beside the engine, with its binaries for Linux; npm has installed that of this machine alone. */
function copyKoffi(folder) {
  if (koffiArchitectures.length === 0) return;
  const from = join(root, "node_modules/koffi");
  const { version } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
  for (const path of koffiScripts) cpSync(join(from, path), join(folder, "dist/node_modules/koffi", path));
  for (const arch of koffiArchitectures) {
    const name = `@koromix/koffi-linux-${arch}`;
    const installed = join(root, "node_modules", name);
    const binary = existsSync(installed) ? installed : fetchPackage(name, version);
    for (const path of ["package.json", "index.js", `linux_${arch}/koffi.node`]) cpSync(join(binary, path), join(folder, "dist/node_modules", name, path));
  }
}

/** Prints what takes the room, and fails where it is too much. */
async function report(vsix, left) {
  const files = await listVsix(vsix);
  const parts = new Map();
  for (const { path, compressed, size } of files) {
    const part = partOf(path);
    const sum = parts.get(part) ?? { files: 0, compressed: 0, size: 0 };
    parts.set(part, { files: sum.files + 1, compressed: sum.compressed + compressed, size: sum.size + size });
  }
  const total = statSync(vsix).size;
  console.log(`\n${"part".padEnd(34)}${"files".padStart(6)}${"compressed".padStart(13)}${"unpacked".padStart(13)}`);
  for (const [part, sum] of [...parts].sort(([, a], [, b]) => b.compressed - a.compressed)) console.log(part.padEnd(34) + String(sum.files).padStart(6) + inMegabytes(sum.compressed).padStart(13) + inMegabytes(sum.size).padStart(13));
  for (const path of left) console.log(`left out: ${path}`);
  const bound = bounds[boundOf(target)];
  console.log(`${basename(vsix)} takes ${inMegabytes(total)}, of ${inMegabytes(bound)} that it may.`);
  if (total > bound) throw new Error(`${basename(vsix)} is too large: the table above says what takes the room.`);
}

/** Windows has DirectML and a shader compiler of 12 MB beside the engine. */
function boundOf(target) {
  if (target === undefined) return "portable";
  return target.startsWith("win32-") ? "windows" : "platform";
}

function partOf(path) {
  const engine = /^extension\/dist\/node_modules\/onnxruntime-node\/bin\/napi-v\d+\/(\w+)\/(\w+)\//.exec(path);
  if (engine !== null) return `onnxruntime for ${engine[1]}-${engine[2]}`;
  if (/\/dist\/node_modules\/(koffi|@koromix)\//.test(path)) return "koffi";
  if (/\/dist\/node_modules\//.test(path)) return "onnxruntime's JavaScript";
  if (/\/dist\/(tfjs\.js|tfjs-wasm\/)/.test(path)) return "TensorFlow.js";
  if (/\/dist\/(engine|engine-process|engine-proof|measure)\.js$/.test(path)) return "engine";
  if (/\/dist\/grammar\//.test(path)) return "Python parser";
  if (/\/dist\/webview\//.test(path)) return "panel";
  if (/\/dist\//.test(path)) return "extension, with the HTML report";
  if (/\/media\/samples\//.test(path)) return "sample checkpoint";
  if (/\/media\/calibration\//.test(path)) return "calibration text and images";
  return "documents, icons, strings";
}

function inMegabytes(bytes) {
  return `${(bytes / megabyte).toFixed(2)} MB`;
}
