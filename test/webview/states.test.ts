import { describe, expect, it } from "vitest";
import type { PanelUpdate, RunState } from "../../src/shared/panel";
import type { Result } from "../../src/shared/result";
import { syntheticResult } from "../synthetic-result";
import { browserForVisits, button, main, state } from "./visit";

const result = syntheticResult(3, 6);
const visit = browserForVisits();

describe("states of the panel's page", () => {
  const running: RunState & { kind: "running" } = { kind: "running", task: "analysis", label: "llama", stopping: false, queued: [{ task: "conversion", label: "gpt2" }, { task: "replacement", label: "vit" }], progress: { phase: "forward", stage: "block 3", done: 3, total: 12, tokensPerSecond: 812, secondsLeft: 12 } };
  const none: PanelUpdate = { type: "result", slot: "main" };

  it("loads", async () => {
    await visit({}, [], async ({ page }) => { expect(await page.innerText("body")).toContain("Loading"); });
  });

  it("without a result: what to do, and earlier results", async () => {
    const offered = [{ uri: "file:///old", label: "old one", detail: "bundled text", time: 0 }];
    await visit({}, [state({ offered }), none], async (panel) => {
      for (const name of ["Analyze Checkpoint...", "With Options...", "Try the bundled sample", "Open Result...", "old one"]) await button(panel, name).click();
      expect((await panel.actions()).slice(-5)).toEqual([
        { type: "analyze", what: "checkpoint" }, { type: "analyze", what: "options" }, { type: "analyze", what: "sample" }, { type: "open" }, { type: "open", uri: "file:///old" },
      ]);
    });
  });

  it("untrusted: says so, and offers no analysis", async () => {
    await visit({}, [state({ trusted: false }), none], async (panel) => {
      expect(await panel.page.innerText("body")).toContain("Restricted Mode");
      expect(await panel.page.getByRole("button", { name: /analyze|sample/i }).count()).toBe(0);
      await panel.send(main(result));
      expect(await panel.page.getByRole("button", { name: /analyze/i }).count()).toBe(0);
    });
  });

  it("running: stage, speed, time left, queue, and a stop", async () => {
    await visit({}, [state({ run: running }), main(result)], async (panel) => {
      const text = await panel.page.locator(".run").innerText();
      for (const part of ["llama", "Running the model", "block 3", "812 tokens/s", "12 s left", "waiting: conversion of gpt2, measurement of vit"]) expect(text).toContain(part);
      await button(panel, "Stop").click();
      expect(await panel.actions()).toContainEqual({ type: "stop" });
      await panel.send(state({ run: { ...running, queued: ["a", "b", "c", "d", "e"].map((label) => ({ task: "analysis", label })) } }));
      expect(await panel.page.locator(".run").innerText()).toContain("waiting: analysis of a, analysis of b, analysis of c and 2 more");
      await panel.send(state({ run: { ...running, stopping: true } }));
      expect(await button(panel, "Stopping...").isDisabled()).toBe(true);
    });
  });

  it("stopped, failed, broken off, and a result that can't be read", async () => {
    await visit({}, [state({ run: { kind: "stopped", task: "analysis", label: "llama", dropped: 0 } }), none], async (panel) => {
      expect(await panel.page.locator(".run").innerText()).toContain("was stopped");
      await panel.send(state({ run: { kind: "stopped", task: "analysis", label: "llama", dropped: 2 } }));
      expect(await panel.page.locator(".run").innerText()).toContain("and 2 that waited were not begun");
      await panel.send(state({ run: { kind: "stopped", task: "replacement", label: "llama", dropped: 0 } }));
      expect(await panel.page.locator(".run").innerText()).toBe("The measurement of llama was stopped; the result is as it was.");
      await panel.send(state({ run: { kind: "failed", task: "analysis", label: "llama", message: "the header is cut off.", defect: false } }));
      expect(await panel.page.getByRole("alert").innerText()).toContain("could not be analysed: the header is cut off.");
      await panel.send(state({ run: { kind: "failed", task: "analysis", label: "llama", message: "the engine ended by SIGKILL.", defect: true } }));
      await button(panel, "Show Log").click();
      expect(await panel.actions()).toContainEqual({ type: "showLog" });
      await panel.send(state({ error: "x.normlens.json can't be read." }));
      expect(await panel.page.getByRole("alert").innerText()).toContain("can't be read");
    });
  });

  it("a layer that saw no input, a partial result, and one without layers", async () => {
    const first = result.layers[0]!;
    const unseen: Result = {
      ...result,
      coverage: { found: 8, measured: 7, missing: [{ name: "transformer.h.9.bn", reason: "BatchNorm is no candidate" }] },
      layers: [{ ...first, tokens: 0, fit: { ...first.fit, status: "no-data" }, curve: { binnedMean: { x: [], y: [], count: [] }, density: { xMin: 0, xMax: 0, yMin: 0, yMax: 0, columns: 0, rows: 0, counts: [] }, points: { x: [], y: [], token: [], channel: [] }, affine: { channel: [], weight: [], bias: [], gamma: [], beta: [] } } }],
    };
    await visit({}, [state(), main(unseen)], async (panel) => {
      const text = await panel.page.innerText("body");
      expect(text).toContain("7 of 8 norm layers measured");
      expect(text).toContain("transformer.h.9.bn was not measured: BatchNorm is no candidate");
      expect(text).toContain("nothing is known of it");
      expect(await panel.page.getByRole("button", { name: /^Copy α/ }).count()).toBe(0);
      await panel.send(main({ ...result, layers: [], groups: [] }));
      expect(await panel.page.innerText("body")).toContain("No norm layer was measured");
    });
  });
});
