import { describe, expect, it } from "vitest";
import { whatIf } from "../../src/analysis/what-if";
import { formatNumber, formatR2, formatShare } from "../../src/shared/format";
import { syntheticResult } from "../synthetic-result";
import type { PanelPage } from "./panel-page";
import { browserForVisits, button, main, state } from "./visit";

const synthetic = syntheticResult(3, 6);
/** With every family of curves, each of its own shape. */
const result = {
  ...synthetic,
  layers: synthetic.layers.map((layer) => ({ ...layer, families: (["tanh", "erf", "isru", "arctan", "softsign", "hardtanh"] as const).map((name, index) => ({ name, alpha: layer.fit.alpha, shift: 0, gain: layer.fit.gain, offset: 0, r2: 0.9 - 0.01 * index })) })),
};
const layer = result.layers.find(({ fit }) => fit.status === "ok")!;
const visit = browserForVisits();
const kept = { view: { layer: layer.name } };

const drawingOf = ({ page }: PanelPage) => page.locator(".curve canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
const readings = ({ page }: PanelPage) => page.locator(".outcome strong").allInnerTexts();

/** What the page must say of an alpha. */
function expected(alpha: number): string[] {
  const { r2, unitGainR2, saturation } = whatIf(layer, alpha)!;
  return [formatNumber(alpha), formatR2(r2), formatR2(unitGainR2), ...(["1", "2", "3"] as const).map((threshold) => formatShare(saturation[threshold]))];
}

describe("a layer", () => {
  it("is drawn differently in each view", async () => {
    await visit({ kept }, [state(), main(result)], async (panel) => {
      const seen = new Set([await drawingOf(panel)]);
      const look = async (change: () => Promise<unknown>) => {
        await change();
        const now = await drawingOf(panel);
        expect(seen.has(now)).toBe(false);
        seen.add(now);
      };
      await look(() => button(panel, "by token").click());
      expect(await panel.page.locator(".curve .legend").innerText()).toContain("elements of 6 tokens, a colour each");
      await look(() => button(panel, "by channel").click());
      expect(await panel.page.locator(".curve .legend").innerText()).toMatch(/channel \d+[\s\S]*other channels/);
      await look(() => button(panel, "after affine").click());
      expect(await button(panel, "density").isDisabled()).toBe(true);
      expect(await panel.page.locator(".curve .legend").innerText()).toContain(`γ · tanh(${formatNumber(layer.perChannel.alpha)} · x) + β`);
      await button(panel, "before affine").click();
      await button(panel, "density").click();
      await look(() => panel.page.getByRole("checkbox").check());
      expect(await panel.page.locator(".curve .legend").innerText()).toContain(`tanh(${formatNumber(layer.fit.unitGain.alpha)} · x)`);
      for (const family of ["erf", "isru", "arctan", "softsign", "hardtanh"]) {
        await look(() => panel.page.getByRole("combobox").selectOption(family));
        expect(await panel.page.locator(".curve .legend").innerText()).toContain(`${family}(`);
      }
      await look(() => button(panel, "all").click());
    });
  });

  it("says what another alpha would give, by slider and field, and goes back", async () => {
    await visit({ kept }, [state(), main(result)], async (panel) => {
      const { page } = panel;
      const atFit = await readings(panel);
      expect(atFit.slice(0, 2)).toEqual([formatNumber(layer.fit.alpha), formatR2(layer.fit.r2)]);
      expect(await button(panel, "Reset").isDisabled()).toBe(true);
      const drawn = await drawingOf(panel);
      await page.getByRole("slider", { name: "Try α" }).focus();
      for (let press = 0; press < 10; press += 1) await page.keyboard.press("ArrowRight");
      expect(Number((await readings(panel))[0])).toBeGreaterThan(1.05 * layer.fit.alpha);
      await page.getByRole("spinbutton").fill(String(3 * layer.fit.alpha));
      await page.keyboard.press("Enter");
      expect(await readings(panel)).toEqual(expected(3 * layer.fit.alpha));
      expect(await page.locator(".curve .legend").innerText()).toContain("tried: ");
      expect(await drawingOf(panel)).not.toBe(drawn);
      await page.locator(".try").getByRole("button", { name: "Copy" }).click();
      expect((await panel.actions()).at(-1)).toEqual({ type: "copy", text: String(Number((3 * layer.fit.alpha).toPrecision(4))) });
      await button(panel, "Reset").click();
      expect(await readings(panel)).toEqual(atFit);
      expect(await drawingOf(panel)).toBe(drawn);
    });
  });

  it("lets the ring on its curve be dragged, to no alpha beyond the slider's", async () => {
    await visit({ kept, height: 1400 }, [state(), main(result)], async (panel) => {
      const { page } = panel;
      const drawn = await drawingOf(panel);
      const canvas = page.locator(".curve canvas");
      const { x, y, width, height } = (await canvas.boundingBox())!;
      const ring = await ringOf(panel);
      const alphaNow = async () => Number((await readings(panel))[0]);
      await page.mouse.move(x + ring.x, y + ring.y);
      expect(await canvas.evaluate((each) => getComputedStyle(each).cursor)).toBe("grab");
      await page.mouse.down();
      await page.mouse.move(x + ring.x - 40, y + ring.y, { steps: 4 });
      const dragged = await alphaNow();
      expect(dragged).toBeGreaterThan(layer.fit.alpha);
      expect(await page.locator(".outcome").innerText()).toContain(`fit ${formatR2(layer.fit.r2)}`);
      await page.mouse.move(x + width / 2, y + height / 2, { steps: 20 });
      await page.mouse.up();
      expect(await alphaNow()).toBeLessThanOrEqual(30.1 * layer.fit.alpha);
      // Let go, the ring stays.
      const released = await alphaNow();
      await page.mouse.move(x + 60, y + 60);
      expect(await alphaNow()).toBe(released);
      await button(panel, "Reset").click();
      await page.mouse.move(0, 0);
      expect(await drawingOf(panel)).toBe(drawn);
    });
  });

  it("begins at its fit, whatever was tried on another, and keeps what was tried on it", async () => {
    await visit({ kept }, [state(), main(result)], async (panel) => {
      await panel.page.getByRole("spinbutton").fill(String(3 * layer.fit.alpha));
      await panel.page.keyboard.press("Enter");
      await button(panel, "Next layer").click();
      expect(await button(panel, "Reset").isDisabled()).toBe(true);
      await button(panel, "Previous layer").click();
      expect((await readings(panel))[0]).toBe(formatNumber(3 * layer.fit.alpha));
      expect(await panel.kept()).toMatchObject({ view: { tried: { [layer.name]: Number((3 * layer.fit.alpha).toPrecision(16)) } } });
    });
  });

  it("explains each of its numbers under the pointer", async () => {
    await visit({ kept, height: 1600 }, [state(), main(result)], async ({ page }) => {
      const explained = await page.locator(".facts dt").count();
      expect(await page.locator(".facts dt .term").count()).toBe(explained);
      await page.locator(".facts .term", { hasText: "kurtosis" }).hover();
      expect(await page.locator("#tip").innerText()).toContain("3 for a Gaussian");
      await page.locator(".facts .term", { hasText: "softsign" }).hover();
      expect(await page.locator("#tip").innerText()).toContain("z / (1 + |z|)");
    });
  });

  it("has its best curve in bold", async () => {
    await visit({ kept }, [state(), main(result)], async ({ page }) => {
      expect(await page.locator(".facts .best dt").allInnerTexts()).toEqual(["tanh"]);
    });
  });
});

/** Where the ring is painted, in pixels of the drawing: the centre of what lies inside it, in the colour of the page. */
async function ringOf({ page }: PanelPage): Promise<{ readonly x: number; readonly y: number }> {
  return page.locator(".curve canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { data, width, height } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\d+/g)!.map(Number);
    // Opaque, as the cloud's gaps are not.
    const inside = (x: number, y: number) => {
      const at = 4 * (y * width + x);
      return data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255;
    };
    const found: { x: number; y: number }[] = [];
    for (let y = 3; y < height - 3; y += 1) for (let x = 3; x < width - 3; x += 1) if ([[0, 0], [3, 0], [-3, 0], [0, 3], [0, -3]].every(([right, down]) => inside(x + right!, y + down!))) found.push({ x, y });
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length / devicePixelRatio;
    return { x: mean(found.map(({ x }) => x)), y: mean(found.map(({ y }) => y)) };
  });
}
