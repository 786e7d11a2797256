import { join } from "node:path";
import { expect, test } from "vitest";
import { writeSafetensors } from "../../src/engine/checkpoint/safetensors-writer";
import { fitCapture } from "../../src/engine/fit-capture";
import { localMeasurer } from "../../src/engine/measurer/local-measurer";
import { refusal, temporaryFolder } from "./checkpoint/files";
import { localProver } from "./runtime/local-prover";

async function fit(inputs: Readonly<Record<string, Float32Array>>): ReturnType<typeof fitCapture> {
  const capture = join(await temporaryFolder(), "capture.safetensors");
  await writeSafetensors(capture, Object.entries(inputs).map(([name, data]) => ({ name: `${name}.input`, dtype: "F32" as const, shape: [data.length / 4, 4], data })), Object.fromEntries(Object.keys(inputs).map((name) => [`${name}.kind`, "layernorm"])));
  return fitCapture({ kind: "fit", capture, skipFirst: false, seed: 0 }, { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver });
}

const finite = Float32Array.from({ length: 64 }, (_, index) => Math.sin(index * 7));
const broken = new Float32Array(64).fill(NaN);

test("a capture without any finite row is refused: nothing could be fitted", async () => {
  expect(await refusal(fit({ "h.0.ln": broken, "h.1.ln": broken }))).toMatch(/capture\.safetensors holds no finite row of any norm's input, so nothing could be fitted; record it anew/);
});

test("a layer without finite rows is missing among others", async () => {
  const { result } = await fit({ "h.0.ln": finite, "h.1.ln": broken });
  expect(result.coverage).toEqual({ found: 2, measured: 1, missing: [{ name: "h.1.ln", reason: "the capture holds no finite row of its input" }] });
});
