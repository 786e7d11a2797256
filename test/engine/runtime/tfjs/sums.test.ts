import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { openCpu } from "../../../../src/engine/runtime/tfjs/cpu";
import { mean, sum } from "../../../../src/engine/runtime/tfjs/device/sums";
import { openWasm } from "../../../../src/engine/runtime/tfjs/wasm";

const count = 2 ** 20 + 7;
const values = Float32Array.from({ length: count }, (_, index) => 1 + Math.sin(index) / 10);
const exact = values.reduce((total, value) => total + value, 0);

beforeAll(() => {
  // Else tfjs-core prints advice to the console.
  tf.enableProdMode();
});

describe.each([
  ["wasm", openWasm],
  ["cpu", openCpu],
])("a sum of a million on tfjs/%s", (device, open) => {
  test("is as good as float32 can say", async () => {
    const backend = await open();
    await tf.setBackend(device);
    const errors = tf.tidy(() => {
      const x = tf.tensor2d(values, [1, count]);
      const results = [sum(backend, x, [1]), tf.mul(mean(backend, x, [1], true), count)];
      return results.map((result) => Math.abs(result.dataSync()[0]! / exact - 1));
    });
    for (const error of errors) expect(error).toBeLessThan(1e-6);
  });

  test("keeps and drops axes as asked", async () => {
    const backend = await open();
    await tf.setBackend(device);
    const shapes = tf.tidy(() => {
      const x = tf.ones([2, 50, 3]);
      return [sum(backend, x, [1]).shape, sum(backend, x, [0, 1], true).shape, mean(backend, x, [1, 2]).shape];
    });
    expect(shapes).toEqual([[2, 3], [1, 1, 3], [2]]);
  });
});
