import { describe, expect, it } from "vitest";
import { formatNumber, formatR2 } from "../../src/shared/format";
import { syntheticResult } from "../synthetic-result";
import { seriousFindings } from "./axe";
import { browserForVisits, button, main, other, state } from "./visit";

const result = syntheticResult(3, 6);
const longer = syntheticResult(4, 5);
const visit = browserForVisits();

describe("a second result", () => {
  it("is overlaid, its differences told, layers without a counterpart named", async () => {
    await visit({}, [state(), main(result), other(longer)], async (panel) => {
      const text = await panel.page.innerText("body");
      expect(text).toContain("Compared with later");
      expect(text).toContain("Only in the result compared with: transformer.h.3.ln_1, transformer.h.3.ln_2");
      expect(await panel.page.locator("thead").innerText()).toContain("Δ α convert");
      await button(panel, "Stop comparing").click();
      expect(await panel.actions()).toContainEqual({ type: "stopComparing" });
      await panel.send({ type: "result", slot: "other" });
      expect(await panel.page.locator("thead").innerText()).not.toContain("Δ");
    });
  });

  it("says how many layers have a counterpart, where not all have", async () => {
    const renamed = { ...result, layers: result.layers.map((layer, index) => (index < 2 ? layer : { ...layer, name: `model.${layer.name}` })) };
    await visit({}, [state(), main(result), other(renamed)], async (panel) => {
      expect(await panel.page.locator(".comparing").innerText()).toContain("(2 of 7 layers have a counterpart)");
      await panel.send(other(longer));
      expect(await panel.page.locator(".comparing").innerText()).not.toContain("counterpart");
    });
  });

  it("changes every drawing, and stands beside every number", async () => {
    const [layer, counterpart] = [result.layers[0]!, longer.layers[0]!];
    await visit({}, [state(), main(result)], async (panel) => {
      const drawings = () => panel.page.locator("canvas").evaluateAll((all) => (all as HTMLCanvasElement[]).map((each) => each.toDataURL()));
      const alone = await drawings();
      await panel.send(other(longer));
      const together = await drawings();
      expect(together.map((drawing, index) => drawing === alone[index])).toEqual([false, false, false, false]);
      const facts = await panel.page.locator(".facts").innerText();
      for (const text of [formatR2(layer.fit.r2), formatR2(counterpart.fit.r2), formatNumber(counterpart.input.kurtosis), `vs ${formatNumber(counterpart.suggest.convert)}`]) expect(facts).toContain(text);
      expect(await panel.page.locator(".role-list li").first().innerText()).toContain(`vs ${formatNumber(longer.groups[0]!.alphaMedian)}`);
      expect(await seriousFindings(panel.page)).toEqual([]);
    });
  });
});
