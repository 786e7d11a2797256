import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findLibtensorflow, findTfjsAddon } from "../../scripts/libtensorflow.mjs";
import { buildSuite } from "./build-suite.mjs";
import type { Outcome } from "./suite/index";
import { root, startWorkbench } from "./workbench";
import { makeTestWorkspace } from "./workspace.mjs";

/*
 * The suite that runs inside VS Code's extension host. It runs while this file is loaded, and every test of it is reported as one here.
 */

const outcomes = await runSuite();

describe("in VS Code's extension host:", () => {
  it("the suite ran", () => { expect(outcomes.length).toBeGreaterThan(0); });
  for (const { title, error } of outcomes) it(title, () => { expect(error).toBeUndefined(); });
});

async function runSuite(): Promise<readonly Outcome[]> {
  const tests = await buildSuite();
  const path = makeTestWorkspace();
  const report = join(dirname(path), "report.json");
  const workbench = await startWorkbench({ env: { NORMLENS_TEST_REPORT: report, NORMLENS_TEST_LIBTENSORFLOW: findLibtensorflow() ?? "", NORMLENS_TEST_TFJS_ADDON: findTfjsAddon() ?? "" } });
  try {
    const window = await workbench.open({ path, development: root, tests });
    await window.exitCode;
    return JSON.parse(readFileSync(report, "utf8")) as readonly Outcome[];
  } finally {
    await workbench.close();
    rmSync(dirname(path), { recursive: true, force: true });
  }
}
