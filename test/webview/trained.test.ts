import { describe, expect, it } from "vitest";
import { formatNumber } from "../../src/shared/format";
import { syntheticResult } from "../synthetic-result";
import { trainedLayer, withTrained } from "../synthetic-trained";
import { seriousFindings } from "./axe";
import type { PanelPage } from "./panel-page";
import { browserForVisits, button, main, other, rowsOf, state } from "./visit";

const plain = syntheticResult(3, 6);
const trained = withTrained(plain);
const visit = browserForVisits();

const headings = ({ page }: PanelPage) => page.locator("section.layers thead th").allInnerTexts();
const column = async (panel: PanelPage, heading: string) => {
  const at = (await headings(panel)).indexOf(heading);
  return panel.page.locator("section.layers tbody tr").evaluateAll((rows, index) => rows.map((row) => row.children[index]?.textContent), at);
};
const alphaChart = ({ page }: PanelPage) => page.locator(".overview figure").first();

describe("a checkpoint whose layers are DyT already", () => {
  it("has a column of trained alphas, which sorts the table", async () => {
    await visit({}, [state(), main(trained)], async (panel) => {
      expect((await headings(panel)).slice(0, 5)).toEqual(["layer", "shape", "role", "α trained", "α convert"]);
      expect(await column(panel, "α trained")).toEqual(trained.layers.map((layer) => formatNumber(layer.trained!.alpha)));
      await button(panel, "α trained").click();
      const byAlpha = trained.layers.toSorted((one, another) => one.trained!.alpha - another.trained!.alpha).map(({ name }) => name);
      expect(await rowsOf(panel)).toEqual(byAlpha);
      expect(await seriousFindings(panel.page)).toEqual([]);
    });
  });

  it("shows on a layer's page what training made of it, beside 1 / std and what would take a norm's place", async () => {
    await visit({}, [state(), main(trained)], async (panel) => {
      const [layer] = trained.layers;
      const facts = await panel.page.locator(".facts .headline").innerText();
      for (const part of ["α trained", formatNumber(layer!.trained!.alpha), "tanh", "1 / std", formatNumber(layer!.inverseStd), "α convert"]) expect(facts).toContain(part);
      await panel.send(other(withTrained(syntheticResult(3, 9))));
      expect(await panel.page.locator(".facts .headline > div").first().innerText()).toMatch(/α trained[\s\S]*vs/);
    });
  });

  it("says in words what the other numbers are of, and offers to replace no norms", async () => {
    await visit({}, [state(), main(trained)], async (panel) => {
      const words = await panel.page.locator(".facts .words").innerText();
      expect(words).toContain("This layer is dyt already; what follows is of the layernorm that could stand in its place.");
      expect(words).toContain("of what this layernorm does");
      await panel.page.getByRole("tab", { name: "What-if" }).click();
      expect(await panel.page.locator(".offer").innerText()).toContain("no norm to replace");
      expect(await panel.page.getByRole("button", { name: /^(Measure|Convert)/ }).count()).toBe(0);
    });
  });

  it("draws the trained alphas by depth, beside 1 / std", async () => {
    await visit({}, [state(), main(plain)], async (panel) => {
      const norms = await alphaChart(panel).locator("canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
      expect(await alphaChart(panel).innerText()).not.toContain("α trained");
      await panel.send(main(trained));
      expect(await alphaChart(panel).innerText()).toContain("α trained");
      expect(await alphaChart(panel).locator("canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())).not.toBe(norms);
    });
  });

  it("tells a curve that is no tanh, alphas of channels, and norms that are left", async () => {
    const [first, second, ...rest] = plain.layers;
    const mixed = { ...plain, layers: [trainedLayer(first!, { curve: "erf" }), trainedLayer(second!, { alphas: 64, alphaMin: 0.2, alphaMax: 0.9 }), ...rest] };
    await visit({}, [state(), main(mixed)], async (panel) => {
      expect(await column(panel, "α trained")).toEqual([`${formatNumber(0.8 * first!.inverseStd)} (erf)`, "0.200–0.900", ...rest.map(() => "–")]);
      expect(await panel.page.locator(".facts .headline > div").first().innerText()).toContain("erf");
    });
  });

  it("is nothing that a checkpoint with norms has", async () => {
    await visit({}, [state(), main(plain)], async (panel) => {
      expect(await headings(panel)).not.toContain("α trained");
      expect(await panel.page.locator(".facts .headline").innerText()).not.toContain("α trained");
    });
  });
});
