import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { normRoles } from "../../src/shared/norm";
import type { Result } from "../../src/shared/result";
import { syntheticResult } from "../synthetic-result";
import { seriousFindings } from "./axe";
import { themes, type ThemeName } from "./themes";
import { browserForVisits, main, other, state } from "./visit";

const result = syntheticResult(3, 6);
const german = JSON.parse(readFileSync(new URL("../../l10n/bundle.l10n.de.json", import.meta.url), "utf8")) as Readonly<Record<string, string>>;
const visit = browserForVisits();

describe("for everyone", () => {
  const names = Object.keys(themes) as ThemeName[];
  it.each(names)("axe finds nothing serious in %s", async (theme) => {
    await visit({ theme }, [state({ sourceLayers: [result.layers[0]!.name], run: { kind: "running", task: "analysis", label: "a", stopping: false, queued: [{ task: "conversion", label: "b" }] } }), main(result)], async ({ page }) => {
      await page.locator("details").evaluateAll((all) => { for (const each of all as HTMLDetailsElement[]) each.open = true; });
      expect(await seriousFindings(page)).toEqual([]);
    });
    await visit({ theme }, [state({ offered: [{ uri: "a", label: "a", detail: "b", time: 0 }] }), { type: "result", slot: "main" }], async ({ page }) => {
      expect(await seriousFindings(page)).toEqual([]);
    });
  });

  it.each([{ width: 400 }, { width: 1200, zoom: 2 }, { width: 700 }])("fits %j without scrolling sideways", async (view) => {
    await visit(view, [state(), main(result)], async ({ page }) => {
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      expect(await seriousFindings(page)).toEqual([]);
    });
  });

  it.each([400, 700, 1200])("fits a width of %i in German, whose words are longer", async (width) => {
    await visit({ width, strings: german }, [state(), main(result), other(syntheticResult(3, 7))], async ({ page }) => {
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      const tooWide = await page.locator("header *, .roles *, .facts *").evaluateAll((all) => all.filter(({ clientWidth, scrollWidth }) => clientWidth > 1 && scrollWidth > clientWidth + 1).map(({ textContent }) => textContent));
      expect(tooWide).toEqual([]);
    });
  });

  it("takes on another theme while it is open", async () => {
    await visit({ theme: "dark" }, [state(), main(result)], async ({ page }) => {
      const drawing = () => page.locator(".overview canvas").first().evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
      const dark = await drawing();
      await page.evaluate(({ colors, kind }) => {
        for (const [name, value] of Object.entries(colors)) document.documentElement.style.setProperty(`--vscode-${name}`, value);
        document.body.className = kind;
      }, { colors: themes.light.colors, kind: themes.light.class });
      await page.waitForTimeout(200);
      expect(await drawing()).not.toBe(dark);
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    });
  });

  it.each(names)("roles are told apart in %s, and from the page", async (theme) => {
    await visit({ theme }, [state(), main(result)], async ({ page }) => {
      const colors = await page.evaluate((roles) => {
        const probe = document.createElement("i");
        document.body.append(probe);
        const rgb = (name: string) => {
          probe.style.color = `var(--${name})`;
          return getComputedStyle(probe).color;
        };
        return ["page", ...roles.map((role) => `role-${role}`)].map(rgb);
      }, normRoles);
      // Opaque: no fourth number.
      const channels = colors.map((color) => color.match(/[\d.]+/g)!.map(Number));
      expect(channels.every(({ length }) => length === 3)).toBe(true);
      const distances = channels.flatMap((one, index) => channels.slice(index + 1).map((other) => Math.hypot(...one.map((value, part) => value - other[part]!))));
      expect(Math.min(...distances)).toBeGreaterThan(35);
    });
  });

  it("speaks the language that it is given", async () => {
    await visit({ strings: german }, [state(), main(result)], async ({ page }) => {
      await page.locator("details").evaluateAll((all) => { for (const each of all as HTMLDetailsElement[]) each.open = true; });
      const text = await page.innerText("body");
      for (const words of ["Vorgeschlagene Alphas", "7 von 7 Norm-Schichten gemessen", "3 Blöcke", "Tokens in", "7 Schichten"]) expect(text).toContain(words);
      expect(await page.locator(".glossary dt").allInnerTexts()).toEqual(expect.arrayContaining(["α gemeinsam", "R² Obergrenze", "Zeilen × Kanäle"]));
      expect(await page.locator(".layers thead th").allInnerTexts()).toEqual(expect.arrayContaining(["α trainieren", "R² Gerade"]));
      await page.locator(".facts .term").first().focus();
      expect(await page.locator("#tip").innerText()).toContain("Alpha, das diesen Checkpoint übernimmt");
    });
  });

  it("keeps what a translation lacks in English", async () => {
    await visit({ strings: { "Suggested alphas": "Vorgeschlagene Alphas", "{0} tokens": "{0} Tokens" } }, [state(), main(result)], async ({ page }) => {
      const text = await page.innerText("body");
      expect(text).toContain("Vorgeschlagene Alphas");
      expect(text).toContain("By depth");
      expect(text).toMatch(/\d Tokens in [\d,]+ sequences?/);
    });
  });

  it("nothing moves where less motion is wanted", async () => {
    await visit({ reducedMotion: true }, [], async ({ page }) => {
      expect(await page.evaluate("document.getAnimations().length")).toBe(0);
    });
    await visit({}, [], async ({ page }) => {
      expect(await page.evaluate("document.getAnimations().length")).toBe(1);
    });
  });

  it("the keyboard alone reaches everything, and shows what numbers mean", async () => {
    await visit({}, [state({ sourceLayers: [result.layers[0]!.name] }), main(result)], async ({ page }) => {
      const reached = new Set<string>();
      for (let presses = 0; presses < 250; presses++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate<string>("(({ activeElement: at }) => at === document.body ? '' : `${at.tagName} ${at.getAttribute('aria-label') ?? at.textContent.slice(0, 40)}`)(document)");
        if (at === "") break;
        reached.add(at);
      }
      const reachable = await page.evaluate<string[]>(
        "[...document.querySelectorAll('button:not(:disabled, [tabindex=\"-1\"]), input:not(:disabled), select:not(:disabled), summary, [tabindex=\"0\"]')].map((at) => `${at.tagName} ${at.getAttribute('aria-label') ?? at.textContent.slice(0, 40)}`)",
      );
      expect(reachable.filter((each) => !reached.has(each))).toEqual([]);
      await page.locator(".summary .term").focus();
      expect(await page.locator("#tip").innerText()).toBe("onnxruntime on webgpu failed while it ran: the device was lost\nWhy this engine: the fastest of 2 that work here\nNot tfjs on wasm: slower");
      await page.locator(".term", { hasText: "α convert" }).first().focus();
      expect(await page.locator("#tip").innerText()).toContain("takes over this checkpoint");
      await page.keyboard.press("Escape");
      expect(await page.locator("#tip").isVisible()).toBe(false);
    });
  });

  const hostileNames = ["<img src=x onerror=alert(1)>", "a".repeat(10_000), "\u202Egpj.exe\u202C\u0007", "</script><script>alert(2)</script>"];
  it("hostile names do no harm", async () => {
    const hostile: Result = {
      ...result,
      model: { ...result.model, path: hostileNames[0]!, architecture: hostileNames[1]!, family: hostileNames[2]! },
      input: { ...result.input, source: hostileNames[1]! },
      layers: result.layers.map((layer, index) => ({ ...layer, name: `${hostileNames[index % 4]}${index}` })),
      warnings: hostileNames.map((message) => ({ code: "degenerate" as const, layer: `${hostileNames[1]}1`, message })),
    };
    await visit({ width: 700 }, [state(), main(hostile, hostileNames[1])], async (panel) => {
      const { page } = panel;
      await page.locator(".layers tbody tr").nth(1).click();
      await page.locator(".overview canvas").first().hover();
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.innerText("body")).not.toMatch(/\p{Cf}/u);
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      expect(await page.evaluate<number>("document.documentElement.scrollHeight")).toBeLessThan(6000);
    });
  });
});
