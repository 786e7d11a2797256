import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPython } from "../../../src/extension/engines/python";
import { runProgram } from "../../../src/extension/engines/run-program";
import { CancelledError } from "../../../src/shared/errors";

let home: string;
beforeAll(() => { home = mkdtempSync(join(tmpdir(), "normlens program ")); });
afterAll(() => { rmSync(home, { recursive: true }); });

/** A process that has ended may wait long for its parent to take note. */
function isRunning(pid: number): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

describe.runIf(process.platform !== "win32")("a program", () => {
  it("is run in its folder with its variables, and its lines and its exit code are told", async () => {
    const lines: string[] = [];
    const code = await runProgram("/bin/sh", ["-c", 'pwd; echo "$NAME" >&2; exit 3'], { cwd: home, env: { NAME: "a name" }, onLine: (line) => { lines.push(line); }, signal: new AbortController().signal });
    expect(code).toBe(3);
    expect(lines.sort()).toEqual([home, "a name"].sort());
  });

  it("that is stopped ends with all that it has started", async () => {
    const stop = new AbortController();
    const pids: number[] = [];
    const onLine = (line: string) => {
      pids.push(Number(line));
      if (pids.length === 2) stop.abort();
    };
    const run = runProgram("/bin/sh", ["-c", "sleep 600 & echo $!; echo $$; wait"], { cwd: home, env: {}, onLine, signal: stop.signal });
    await expect(run).rejects.toThrow(CancelledError);
    await expect.poll(() => pids.filter(isRunning)).toEqual([]);
    expect(pids).toHaveLength(2);
  });

  it("that is not there is an error, and one that was stopped before is not started", async () => {
    const signal = new AbortController().signal;
    await expect(runProgram(join(home, "nothing"), [], { cwd: home, env: {}, onLine: () => undefined, signal })).rejects.toThrow(/ENOENT/);
    await expect(runProgram("/bin/sh", [], { cwd: home, env: {}, onLine: () => undefined, signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
  });
});

describe.runIf(process.platform !== "win32")("Python", () => {
  it("is the first python3 on the path that can be run, else python", () => {
    const [first, second] = ["first", "second"].map((name) => join(home, name)) as [string, string];
    for (const folder of [first, second]) mkdirSync(folder);
    const write = (path: string, mode: number) => { writeFileSync(path, "#!/bin/sh\n", { mode }); return path; };
    write(join(first, "python3"), 0o644);
    const python = write(join(first, "python"), 0o755);
    expect(findPython([first, second].join(delimiter))).toBe(python);
    const python3 = write(join(second, "python3"), 0o755);
    expect(findPython([first, second].join(delimiter))).toBe(python3);
    expect(findPython(["", ".", "relative"].join(delimiter))).toBeUndefined();
  });
});
