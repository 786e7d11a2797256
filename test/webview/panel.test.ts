import { describe, expect, it } from "vitest";
import { syntheticResult } from "../synthetic-result";
import { browserForVisits, button, main, rowsOf, state, titleOf } from "./visit";

const result = syntheticResult(3, 6);
const last = result.layers.at(-1)!;
const visit = browserForVisits();

describe("the panel's page", () => {
  it("asks for its state, and tells when it has painted", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      await panel.page.waitForFunction("window.host.actions.some(({ type }) => type === 'painted')");
      const [first, painted] = await panel.actions();
      expect(first).toEqual({ type: "ready" });
      expect(painted).toMatchObject({ type: "painted" });
    });
  });

  it("shows every layer in the table and the first one's curve", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      expect(await rowsOf(panel)).toEqual(result.layers.map(({ name }) => name));
      expect(await titleOf(panel)).toBe(result.layers[0]!.name);
      for (const canvas of await panel.page.locator("canvas").all()) {
        const painted = await canvas.evaluate((each: HTMLCanvasElement) => each.getContext("2d")!.getImageData(0, 0, each.width, each.height).data.some((value) => value > 0));
        expect(painted).toBe(true);
      }
      expect(await panel.page.locator("canvas").count()).toBe(4);
    });
  });

  it("selects by row, by a click into a drawing, by arrow keys and by the buttons", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      await panel.page.locator(".layers tbody tr").nth(2).click();
      expect(await titleOf(panel)).toBe(result.layers[2]!.name);
      const chart = panel.page.locator(".overview canvas").first();
      const { width, height } = (await chart.boundingBox())!;
      await chart.click({ position: { x: width - 14, y: height / 3 } });
      expect(await titleOf(panel)).toBe(last.name);
      await chart.focus();
      await panel.page.keyboard.press("Home");
      await panel.page.keyboard.press("ArrowRight");
      expect(await titleOf(panel)).toBe(result.layers[1]!.name);
      await button(panel, "Next layer").click();
      expect(await titleOf(panel)).toBe(result.layers[2]!.name);
      expect(await panel.page.locator("tr[aria-current] th").innerText()).toBe(result.layers[2]!.name);
    });
  });

  it("sorts by a column, both ways, and filters by name and role", async () => {
    const byStd = [...result.layers].sort((a, b) => a.input.std - b.input.std).map(({ name }) => name);
    await visit({}, [state(), main(result)], async (panel) => {
      await button(panel, "std").click();
      expect(await rowsOf(panel)).toEqual(byStd);
      await button(panel, "std").click();
      expect(await rowsOf(panel)).toEqual([...byStd].reverse());
      await panel.page.getByRole("searchbox").fill("FINAL");
      expect(await rowsOf(panel)).toEqual([last.name]);
      await panel.page.getByRole("searchbox").fill("h.1 ffn");
      expect(await rowsOf(panel)).toEqual(["transformer.h.1.ln_2"]);
    });
  });

  it("changes the suggestion with the intent, and says why", async () => {
    await visit({}, [state({ intent: "convert" }), main(result)], async (panel) => {
      const suggestion = panel.page.locator(".role-list strong").first();
      expect(await suggestion.innerText()).toBe(result.groups[0]!.alphaMedian.toPrecision(3));
      await button(panel, "train from scratch").click();
      expect(await panel.actions()).toContainEqual({ type: "setIntent", intent: "scratch" });
      await panel.send(state({ intent: "scratch" }));
      expect(await suggestion.innerText()).toBe("1.00");
      expect(await panel.page.locator(".why").innerText()).toContain("width 768");
    });
  });

  it("asks its host for everything that it can't do itself", async () => {
    await visit({}, [state({ sourceLayers: [result.layers[0]!.name] }), main(result)], async (panel) => {
      for (const name of ["Export Alphas...", "Compare...", "Open...", "Analyze...", "Source", "Copy all"]) await button(panel, name).click();
      await button(panel, "Copy alpha of ffn").click();
      await panel.page.getByRole("button", { name: /^Copy α/ }).click();
      const asked = (await panel.actions()).filter(({ type }) => type !== "ready" && type !== "painted");
      expect(asked.map(({ type }) => type)).toEqual(["export", "compare", "open", "analyze", "goToSource", "copy", "copy", "copy"]);
      expect(asked[4]).toEqual({ type: "goToSource", layer: result.layers[0]!.name });
      expect(asked[6]).toEqual({ type: "copy", text: String(Number(result.groups[1]!.alphaMedian.toPrecision(4))) });
    });
  });

  it("keeps how it was looked at, and what brings the panel back", async () => {
    let kept: unknown;
    const restore = { version: 1, main: "file:///gpt2.normlens.json" } as const;
    await visit({}, [state({ restore }), main(result)], async (panel) => {
      await panel.page.locator(".layers tbody tr").nth(3).click();
      await button(panel, "by token").click();
      await button(panel, "R² tanh").click();
      kept = await panel.kept();
    });
    expect(kept).toMatchObject({ restore });
    await visit({ kept }, [state({ restore }), main(result)], async (panel) => {
      expect(await titleOf(panel)).toBe(result.layers[3]!.name);
      expect(await button(panel, "by token").getAttribute("aria-pressed")).toBe("true");
      expect(await panel.page.locator("th[aria-sort=ascending]").innerText()).toContain("R² tanh");
    });
  });

  it.each([null, 3, { view: { layer: 7, hidden: "x", order: { column: "no" }, layerView: [] } }])("starts anew from what it does not understand: %j", async (kept) => {
    await visit({ kept }, [state(), main(result)], async (panel) => { expect(await titleOf(panel)).toBe(result.layers[0]!.name); });
  });

  it("goes to a layer, and tells its text, when the host asks", async () => {
    await visit({}, [state(), main(result), { type: "goTo", layer: last.name }, { type: "readText" }], async (panel) => {
      expect(await titleOf(panel)).toBe(last.name);
      const text = (await panel.actions()).find((action) => action.type === "text")!.text;
      for (const { name } of result.layers) expect(text).toContain(name);
    });
  });
});
