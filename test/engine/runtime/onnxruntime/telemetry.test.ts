import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ended, start } from "../../../cli/run";
import { temporaryFolder } from "../../checkpoint/files";

const sample = join(import.meta.dirname, "../../../../media/samples/gpt2");

/** Whatever onnxruntime would report lies in files of these two folders first: an identifier of the device, a queue of events, a log. */
test.skipIf(process.platform === "win32").each([
  ["analyze", ["analyze", sample, "--max-tokens", "32", "--runtime", "onnxruntime", "--device", "cpu", "--quiet"]],
  ["engines", ["engines"]],
])("%s has onnxruntime report nothing", async (_, args) => {
  const [home, temporary] = [await temporaryFolder(), await temporaryFolder()];
  await mkdir(join(home, "cache"));
  const { code } = await ended(start(args, { env: { HOME: home, TMPDIR: temporary, ORT_DISABLE_TELEMETRY: "", NORMLENS_CACHE: join(home, "cache") } }));
  expect(code).toBe(0);
  expect((await readdir(home)).filter((name) => name !== "cache")).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
});
