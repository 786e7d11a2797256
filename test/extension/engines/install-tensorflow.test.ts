import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installTensorflow, type InstallTools } from "../../../src/extension/engines/install-tensorflow";
import type { RunProgram } from "../../../src/extension/engines/run-program";
import { planInstall, type InstallPlan } from "../../../src/extension/engines/tensorflow-plan";
import type { EngineStatus } from "../../../src/shared/engines";
import { CancelledError } from "../../../src/shared/errors";

const withCuda = planInstall("x64", true)!;
const works: EngineStatus = { runtime: "tfjs", device: "tensorflow", available: true, version: "2.21.0", gigaflops: 200, hardware: "Test 9000" };
const metadata = 'Name: tensorflow\nRequires-Dist: nvidia-cublas-cu12<13.0; extra == "and-cuda"\n';

let home: string;
let folder: string;
/** What each call of pip was to install. */
let installed: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "normlens install "));
  folder = join(home, "store", "tensorflow");
  installed = [];
});
afterEach(() => { rmSync(home, { recursive: true }); });

/** A pip that puts a file for each requirement, and TensorFlow's METADATA, into its target. */
const pip: RunProgram = (_program, args) => {
  if (args.includes("--version")) return Promise.resolve(0);
  const target = args[args.indexOf("--target") + 1]!;
  const requirements = args.filter((arg) => /==|</.test(arg));
  installed.push(...requirements);
  mkdirSync(join(target, "tensorflow-2.21.0.dist-info"), { recursive: true });
  writeFileSync(join(target, "tensorflow-2.21.0.dist-info", "METADATA"), metadata);
  for (const name of requirements) writeFileSync(join(target, name), "");
  return Promise.resolve(0);
};

/** A pip that says something and fails when it is to install. */
function failing(...lines: string[]): RunProgram {
  return (_program, args, { onLine }) => {
    if (args.includes("--version")) return Promise.resolve(0);
    lines.forEach(onLine);
    installed.push(args[args.indexOf("--python-version") + 1]!);
    return Promise.resolve(1);
  };
}

function install(tools: Partial<InstallTools> = {}, plan: InstallPlan = withCuda): Promise<EngineStatus> {
  const usual: InstallTools = { python: "/usr/bin/python3", run: pip, freeBytes: () => Promise.resolve(1e12), prove: () => Promise.resolve(works), onLine: () => undefined, signal: new AbortController().signal };
  return installTensorflow(plan, folder, { ...usual, ...tools });
}

/** All that is in the store. */
const left = () => (existsSync(join(home, "store")) ? readdirSync(join(home, "store")) : []);

describe("an installation", () => {
  it("takes TensorFlow and the CUDA packages that it names, and its name only once it was proven", async () => {
    const proven: string[] = [];
    const prove = (packages: string) => {
      proven.push(packages);
      expect(existsSync(folder)).toBe(false);
      expect(existsSync(join(packages, "tensorflow==2.21.0"))).toBe(true);
      return Promise.resolve(works);
    };
    expect(await install({ prove })).toEqual(works);
    expect(installed).toEqual(["tensorflow==2.21.0", "nvidia-cublas-cu12<13.0"]);
    expect(proven).toHaveLength(1);
    expect(left()).toEqual(["tensorflow"]);
    expect(readFileSync(join(folder, "nvidia-cublas-cu12<13.0"), "utf8")).toBe("");
  });

  it("for the processor takes TensorFlow alone", async () => {
    await install({}, planInstall("x64", false));
    expect(installed).toEqual(["tensorflow-cpu==2.21.0"]);
  });

  it("keeps pip's temporary files to its own folder, and starts it outside of whatever is open", async () => {
    const seen: { cwd: string; env: Readonly<Record<string, string>> }[] = [];
    await install({ run: (program, args, options) => { seen.push(options); return pip(program, args, options); } });
    for (const { cwd, env } of seen) {
      expect(cwd).toBe(`${folder}.partial`);
      expect(env["TMPDIR"]).toBe(join(`${folder}.partial`, "tmp"));
    }
  });

  it("asks for wheels of other versions of Python where there are none of the first", async () => {
    const onlyFor311: RunProgram = (program, args, options) => (args.includes("--version") || args.includes("3.11") ? pip(program, args, options) : failing("ERROR: No matching distribution found for tensorflow==2.21.0")(program, args, options));
    await install({ run: onlyFor311 });
    expect(left()).toEqual(["tensorflow"]);
    expect(installed).toContain("3.12");
  });

  it("that follows another takes its place", async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "old"), "");
    // A process that was cut short: no process has a number so high.
    mkdirSync(`${folder}.partial`);
    writeFileSync(join(`${folder}.partial`, "pid"), String(2 ** 30));
    await install();
    expect(left()).toEqual(["tensorflow"]);
    expect(readdirSync(folder)).not.toContain("old");
  });
});

describe("an installation that fails leaves nothing new, and says why:", () => {
  const cases: [string, Partial<InstallTools>, unknown][] = [
    ["no Python", { python: undefined }, { kind: "no-python" }],
    ["no pip", { run: () => Promise.resolve(1) }, { kind: "no-pip", python: "/usr/bin/python3" }],
    ["no room", { freeBytes: () => Promise.resolve(1e9) }, { kind: "no-space", freeBytes: 1e9 }],
    ["no network", { run: failing("WARNING: Retrying after connection broken by 'NewConnectionError'", "ERROR: No matching distribution found for tensorflow") }, { kind: "no-network" }],
    ["pip's last error", { run: failing("ERROR: first", "ERROR: [Errno 28] No space left on device", "[notice] A new release of pip") }, { kind: "pip", line: "[Errno 28] No space left on device" }],
    ["no GPU", { prove: () => Promise.resolve({ runtime: "tfjs", device: "tensorflow", available: true, version: "2.21.0" }) }, { kind: "no-gpu" }],
    ["no proof", { prove: () => Promise.resolve({ ...works, available: false, reason: "it crashed" }) }, { kind: "unproven", reason: "it crashed" }],
  ];

  it.each(cases)("%s", async (_name, tools, failure) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "old"), "");
    await expect(install(tools)).rejects.toMatchObject({ name: "InstallError", failure });
    expect(left()).toEqual(["tensorflow"]);
    expect(readdirSync(folder)).toEqual(["old"]);
  });

  it("an error that is no other version of Python's is not asked about again", async () => {
    await expect(install({ run: failing("ERROR: Could not install packages due to an OSError") })).rejects.toThrow();
    expect(installed).toHaveLength(1);
  });

  it("another that still runs, whose folder stays", async () => {
    const making = `${folder}.partial`;
    mkdirSync(making, { recursive: true });
    writeFileSync(join(making, "pid"), String(process.pid));
    await expect(install()).rejects.toMatchObject({ failure: { kind: "busy", folder: making } });
    expect(readdirSync(making)).toEqual(["pid"]);
  });

  it("a stop while it is tried", async () => {
    const stop = new AbortController();
    const prove = () => { stop.abort(); return Promise.resolve(works); };
    await expect(install({ prove, signal: stop.signal })).rejects.toThrow(CancelledError);
    expect(left()).toEqual([]);
  });
});
