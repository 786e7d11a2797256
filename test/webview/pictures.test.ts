import { describe, expect, it } from "vitest";
import { decode } from "fast-png";
import type { PanelAction } from "../../src/shared/panel";
import { syntheticResult } from "../synthetic-result";
import type { PanelPage } from "./panel-page";
import { browserForVisits, button, main, state } from "./visit";

type SavedPicture = PanelAction & { type: "savePicture" };

const result = syntheticResult(3, 6);
const names = ["alpha-by-depth", "r2-by-depth", "saturation-by-depth", result.layers[0]!.name];
const visit = browserForVisits();

/** Presses every button of that name, and gives what the host was asked to save. */
async function saved(panel: PanelPage, name: string): Promise<SavedPicture[]> {
  for (const each of await panel.page.getByRole("button", { name }).all()) await each.click();
  return (await panel.actions()).filter((action) => action.type === "savePicture");
}

const bytesOf = ({ base64 }: SavedPicture) => Buffer.from(base64, "base64");

describe("pictures", () => {
  it("SVG stands alone, with title, legend and numbers as text, and the cloud as shapes", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      const pictures = await saved(panel, "Save as SVG");
      expect(pictures.map(({ name, format }) => `${name}.${format}`)).toEqual(names.map((name) => `${name}.svg`));
      const [alpha, , , layer] = pictures.map((picture) => bytesOf(picture).toString("utf8"));
      const parsed = await panel.page.evaluate((texts) => texts.map((text) => {
        const document = new DOMParser().parseFromString(text, "image/svg+xml");
        const all = (selector: string) => [...document.querySelectorAll(selector)];
        return { root: document.documentElement.nodeName, paths: all("path").length, rects: all("rect").length, images: all("image").length, texts: all("text").map(({ textContent }) => textContent) };
      }), [alpha!, layer!]);
      expect(parsed[0]).toMatchObject({ root: "svg", images: 0 });
      expect(parsed[0]!.paths).toBeGreaterThan(10);
      for (const text of ["Alpha by depth", "attention", "ffn", "final", "α convert", "1 / std", "block"]) expect(parsed[0]!.texts).toContain(text);
      expect(parsed[1]!.rects).toBeGreaterThan(100);
      expect(parsed[1]!.images).toBe(0);
      expect(parsed[1]!.texts).toContain(result.layers[0]!.name);
      expect(alpha).toContain('font-size="12px"');
      expect(alpha).not.toMatch(/var\(|href="http(?!:\/\/www\.w3)/);
    });
  });

  it.each(["light", "dark"] as const)("PNG is twice as fine as the screen, on the background of %s", async (theme) => {
    await visit({ theme }, [state(), main(result)], async (panel) => {
      const pictures = await saved(panel, "Save as PNG");
      expect(pictures.map(({ name, format }) => `${name}.${format}`)).toEqual(names.map((name) => `${name}.png`));
      for (const [index, picture] of pictures.entries()) {
        const { width, data, channels } = decode(bytesOf(picture));
        const shown = (await panel.page.locator("canvas").nth(index).boundingBox())!;
        expect(width).toBe(2 * Math.round(shown.width));
        expect(data[0]).toBe(theme === "light" ? 0xff : 0x1f);
        const colors = new Set(Array.from({ length: data.length / channels }, (_, pixel) => data.slice(pixel * channels, pixel * channels + 3).join()));
        expect(colors.size).toBeGreaterThan(20);
      }
    });
  });

  it("leave out a hidden role", async () => {
    await visit({ kept: { view: { hidden: ["ffn"] } } }, [state(), main(result)], async (panel) => {
      const [svg] = (await saved(panel, "Save as SVG")).map((picture) => bytesOf(picture).toString("utf8"));
      expect(svg).toContain(">attention<");
      expect(svg).not.toContain(">ffn<");
    });
  });

  it("are copied, or saved where the clipboard is closed", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      const copy = panel.page.getByRole("button", { name: "Copy picture" }).first();
      await panel.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      await copy.click();
      await panel.page.getByText("Copied", { exact: true }).waitFor({ state: "attached" });
      expect(await panel.page.evaluate(async () => (await navigator.clipboard.read()).flatMap(({ types }) => types))).toEqual(["image/png"]);
      expect((await panel.actions()).some(({ type }) => type === "savePicture")).toBe(false);
      await panel.page.evaluate(() => { navigator.clipboard.write = () => Promise.reject(new Error("closed")); });
      await copy.click();
      await panel.page.waitForFunction("window.host.actions.some(({ type }) => type === 'savePicture')");
      expect((await panel.actions()).at(-1)).toMatchObject({ type: "savePicture", name: "alpha-by-depth", format: "png" });
    });
  });

  it("the page stays as it was", async () => {
    await visit({}, [state(), main(result)], async (panel) => {
      const drawing = () => panel.page.locator(".curve canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
      const before = await drawing();
      await saved(panel, "Save as SVG");
      await saved(panel, "Save as PNG");
      expect(await drawing()).toBe(before);
      await button(panel, "by token").click();
      expect(await drawing()).not.toBe(before);
    });
  });
});
