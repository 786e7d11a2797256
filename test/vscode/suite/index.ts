import { writeFileSync } from "node:fs";
import Mocha from "mocha";

/** What became of one test; written to the file that NORMLENS_TEST_REPORT names. */
export interface Outcome {
  readonly title: string;
  /** Why it failed, with the stack; absent where it passed. */
  readonly error?: string;
}

/** Runs the tests in the extension host, under VS Code's server and under @vscode/test-electron alike. Throws where one fails. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", timeout: 60_000 });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  await import("./extension");
  await import("./analysis");
  await import("./panel");
  await import("./lenses");
  await import("./exports");
  await import("./replacement");
  await import("./convert");
  await import("./runner");
  await import("./results");
  await import("./engines");
  await import("./capture");
  const outcomes: Outcome[] = [];
  const failures = await new Promise<number>((resolve) => {
    mocha
      .run(resolve)
      .on("pass", (test) => { outcomes.push({ title: test.fullTitle() }); })
      .on("fail", (test, error: unknown) => {
        outcomes.push({ title: test.fullTitle(), error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      });
  });
  const report = process.env["NORMLENS_TEST_REPORT"];
  if (report !== undefined) writeFileSync(report, JSON.stringify(outcomes));
  if (failures > 0) throw new Error(outcomes.filter(({ error }) => error !== undefined).map(({ title, error }) => `${title}: ${String(error)}`).join("\n"));
}
