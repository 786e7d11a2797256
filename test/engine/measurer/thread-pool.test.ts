import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { threadPoolMeasurer } from "../../../src/engine/measurer/thread-pool";
import type { Norm } from "../../../src/shared/norm";

const norm: Norm = { name: "ln", kind: "layernorm", role: "other", depth: 0, eps: 1e-5, axes: [-1], channels: 1 };

test.each([[0], [500]])("a thread that could not start, and had %d ms to say so, fails what is asked of it", async (milliseconds) => {
  const measurer = threadPoolMeasurer("/no/such/measure.js", 1);
  measurer.start(norm, { seed: 0, skipFirst: false });
  await setTimeout(milliseconds);
  await expect(measurer.finish("ln")).rejects.toThrow("/no/such/measure.js");
  await measurer.close();
});
