import { describe, expect, it } from "vitest";
import { warningsFor } from "../../src/analysis/warnings";
import type { Result } from "../../src/shared/result";
import { syntheticResult } from "../synthetic-result";
import { seriousFindings } from "./axe";
import { browserForVisits, button, main, state, titleOf } from "./visit";

const synthetic = syntheticResult(3, 6);
const [first, second] = synthetic.layers;
const visit = browserForVisits();

/** A result that warns of everything that the page has a place for. */
const wary = warned({
  ...synthetic,
  input: { ...synthetic.input, kind: "random" },
  coverage: { found: 8, measured: 7, missing: [{ name: "features.bn", reason: "BatchNorm is no candidate" }] },
  layers: synthetic.layers.map((layer, index) => ({
    ...layer,
    fit: { ...layer.fit, status: index === 0 ? "linear" : "ok" },
    input: { ...layer.input, first: { std: index < 2 ? 100 * layer.input.tokenStdMean : layer.input.tokenStdMean, absMax: 1 } },
  })),
});

function warned(result: Result): Result {
  return { ...result, warnings: warningsFor(result) };
}

describe("warnings", () => {
  it("stand at the head, random input first, those of several layers once", async () => {
    await visit({}, [state(), main(wary)], async (panel) => {
      const items = await panel.page.locator(".warnings li").allInnerTexts();
      expect(items[0]).toContain("The input was random");
      expect(items[1]).toContain("features.bn was not measured: BatchNorm is no candidate");
      expect(items.filter((text) => text.includes("the first position"))).toEqual([expect.stringContaining(`${first!.name}, ${second!.name}: the first position`)]);
      expect(await panel.page.locator(".summary .icon-warning").count()).toBe(3);
    });
  });

  it("lead to the layer that they are about, where they stand too", async () => {
    await visit({}, [state(), main(wary)], async (panel) => {
      await panel.page.locator(".warnings").getByRole("button", { name: second!.name }).click();
      expect(await titleOf(panel)).toBe(second!.name);
      expect(await panel.page.locator(".detail .warning").allInnerTexts()).toEqual([expect.stringMatching(/^The first position of a sequence/)]);
    });
  });

  it("of the embedding's scale stands with the alphas for a new training, and nowhere else", async () => {
    await visit({}, [state({ intent: "convert" }), main(wary)], async (panel) => {
      expect(await panel.page.innerText("body")).not.toContain("learnable scale");
      await panel.send(state({ intent: "scratch" }));
      expect(await panel.page.locator(".roles .warning").innerText()).toContain("learnable scale on the embedding");
      expect(await panel.page.locator(".warnings").innerText()).not.toContain("learnable scale");
    });
  });

  it("of a nearly linear layer: in its numbers, in words, and hollow in the drawing", async () => {
    await visit({}, [state(), main(wary)], async (panel) => {
      const text = await panel.page.locator(".facts").innerText();
      expect(text).toContain(`≤ ${first!.fit.alpha.toPrecision(3)}`);
      expect(text).toContain("close to a straight line");
      expect(await panel.page.locator(".overview .legend").first().innerText()).toContain("nearly linear");
      await panel.send(main(warned({ ...wary, layers: wary.layers.map((layer) => ({ ...layer, fit: { ...layer.fit, status: "ok" } })) })));
      expect(await panel.page.locator(".overview .legend").first().innerText()).not.toContain("nearly linear");
    });
  });

  it("beyond four are folded", async () => {
    await visit({ theme: "light" }, [state(), main(wary)], async (panel) => {
      const { page } = panel;
      const folded = page.locator(".warnings details li");
      expect(await folded.count()).toBeGreaterThan(0);
      expect(await folded.first().isVisible()).toBe(false);
      await page.locator(".warnings summary").click();
      expect(await folded.first().isVisible()).toBe(true);
      expect(await seriousFindings(page)).toEqual([]);
      await button(panel, "Next layer").click();
      expect(await folded.first().isVisible()).toBe(true);
    });
  });
});
