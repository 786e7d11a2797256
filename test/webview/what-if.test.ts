import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatNumber } from "../../src/shared/format";
import type { PanelAction, RunState } from "../../src/shared/panel";
import { notAskedFor } from "../../src/shared/replacement";
import type { Result } from "../../src/shared/result";
import { withReplacement } from "../synthetic-replacement";
import { syntheticResult } from "../synthetic-result";
import { seriousFindings } from "./axe";
import type { PanelPage } from "./panel-page";
import { themes, type ThemeName } from "./themes";
import { browserForVisits, button, main, state, titleOf } from "./visit";

const plain = syntheticResult(3, 6);
const measured = withReplacement(plain);
const tuned = withReplacement(plain, {
  ...{ chosen: "tuned", tuneSteps: 240, methods: [{ ...measured.replacement!.methods[0]!, method: "tuned", cost: 0.241 }, ...measured.replacement!.methods] },
  layers: measured.replacement!.layers.map((layer) => ({ ...layer, alpha: 0.0999 })),
});
const names = plain.layers.map(({ name }) => name);
const kept = { view: { tab: "what-if" } };
const german = JSON.parse(readFileSync(new URL("../../l10n/bundle.l10n.de.json", import.meta.url), "utf8")) as Readonly<Record<string, string>>;
const visit = browserForVisits();

const asked = async (panel: PanelPage) => (await panel.actions()).filter((action): action is PanelAction & { type: "measureReplacement" } => action.type === "measureReplacement");
const rows = (panel: PanelPage, label: string) => panel.page.getByRole("region", { name: label }).locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map(({ textContent }) => textContent)));
const bars = ({ page }: PanelPage) => page.locator(".sensitivity canvas");
const picture = (panel: PanelPage) => bars(panel).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

describe("the What-if tab", () => {
  it("is a tab that the arrow keys reach, and offers to measure", async () => {
    await visit({}, [state(), main(plain)], async (panel) => {
      await panel.page.getByRole("tab", { name: "Layers" }).focus();
      await panel.page.keyboard.press("ArrowRight");
      expect(await panel.page.getByRole("tab", { name: "What-if", selected: true }).count()).toBe(1);
      expect(await panel.page.locator(":focus").innerText()).toBe("What-if");
      expect(await panel.page.locator(".offer").innerText()).toContain("very roughly 24 s");
      await button(panel, "Measure Replacement Cost").click();
      expect(await asked(panel)).toEqual([{ type: "measureReplacement", tune: 0 }]);
      expect(await panel.kept()).toMatchObject({ view: { tab: "what-if" } });
    });
  });

  it("measures nothing twice, and says what it does and what failed", async () => {
    const run: RunState = { kind: "running", task: "replacement", label: "gpt2", stopping: false, queued: [], progress: { phase: "replace", stage: "block 3", done: 3, total: 12 } };
    await visit({ kept }, [state({ run }), main(plain)], async (panel) => {
      expect(await button(panel, "Measuring...").isDisabled()).toBe(true);
      expect(await panel.page.locator(".run").innerText()).toMatch(/Measuring what replacing the norms of gpt2 costs[\s\S]*block 3/);
      await button(panel, "Stop").click();
      expect(await panel.actions()).toContainEqual({ type: "stop" });
      await panel.send(state({ run: { kind: "failed", task: "replacement", label: "gpt2", message: "it has gone.", defect: false } }));
      expect(await panel.page.getByRole("alert").innerText()).toContain("What replacing the norms of gpt2 costs could not be measured: it has gone.");
    });
  });

  it("offers nothing where nothing can be measured, and says why", async () => {
    await visit({ kept }, [state({ trusted: false }), main(plain)], async (panel) => {
      expect(await panel.page.locator(".offer").innerText()).toContain("Restricted Mode");
      await panel.send(state(), main({ ...plain, input: { ...plain.input, kind: "capture" } }));
      expect(await panel.page.locator(".offer").innerText()).toContain("no model to replace norms in");
      expect(await panel.page.getByRole("button", { name: /^(Measure|Convert)/ }).count()).toBe(0);
    });
  });

  it("takes nothing of an earlier page that it does not understand", async () => {
    const tried = { [names[0]!]: 0.7, [names[1]!]: -1, [names[2]!]: "0.5", elsewhere: 0.3 };
    await visit({ kept: { view: { tab: "what-if", whatIf: { order: "luck", scale: 1, count: 0.5, tune: -1 }, tried } } }, [state(), main(measured)], async (panel) => {
      for (const name of ["by depth", "log"]) expect(await button(panel, name).getAttribute("aria-pressed")).toBe("true");
      await button(panel, "Measure These Alphas").click();
      expect(await asked(panel)).toEqual([{ type: "measureReplacement", alphas: { [names[0]!]: 0.7 }, tune: 0 }]);
    });
    await visit({ kept: { view: { tab: "gone", whatIf: 1, tried: null } } }, [state(), main(measured)], async (panel) => {
      expect(await panel.page.getByRole("tab", { name: "Layers", selected: true }).count()).toBe(1);
    });
  });

  it("tells before and after, and every method beside both controls", async () => {
    await visit({ kept }, [state(), main(measured)], async (panel) => {
      const headline = await panel.page.locator(".headline").innerText();
      for (const part of ["3.609 nats", "perplexity 36.9", "+0.688 nats", "± 0.043", "73.5", "0.619", "59.2 %"]) expect(headline).toContain(part);
      const methods = await rows(panel, "Cost of each method");
      expect(methods[0]).toEqual(["nothing replacedcontrol", "0", "0", "36.9", "0", "100.0 %", "0.0 %"]);
      expect(methods.at(-1)?.slice(0, 2)).toEqual(["official conversion (alpha 0.5, gain 1)control", "+2.29"]);
      expect(await panel.page.locator(".methods .chosen").innerText()).toContain("outliers left out");
      expect(await rows(panel, "Cost of each role")).toHaveLength(3);
    });
  });

  it("draws a bar a layer, by depth or cost, on either scale", async () => {
    await visit({ kept }, [state(), main(measured)], async (panel) => {
      const seen = new Set([await picture(panel)]);
      for (const name of ["linear", "log", "by cost"]) {
        await button(panel, name).click();
        seen.add(await picture(panel));
      }
      // Costs of the test fall with depth but for nothing, so that both orders draw the same bars, on other axes.
      expect(seen.size).toBe(3);
      expect((await rows(panel, "Cost of each layer")).map(([name]) => name)).toEqual(names);
      expect((await rows(panel, "Cost of each layer"))[0]).toContain("+0.336");
    });
  });

  it("goes to a layer from its bar, by key and from the table, and tells its cost there", async () => {
    await visit({ kept }, [state(), main(measured)], async (panel) => {
      await bars(panel).focus();
      await panel.page.keyboard.press("ArrowRight");
      expect(await bars(panel).getAttribute("aria-valuetext")).toContain(names[1]);
      await panel.page.keyboard.press("Enter");
      expect(await titleOf(panel)).toBe(names[1]);
      expect(await panel.page.locator(".facts").innerText()).toContain(`+${formatNumber(measured.replacement!.layers[1]!.cost!)} nats`);
      await panel.page.getByRole("tab", { name: "What-if" }).click();
      const box = (await bars(panel).boundingBox())!;
      await bars(panel).click({ position: { x: box.width - 20, y: box.height / 2 } });
      expect(await titleOf(panel)).toBe(names.at(-1));
      await panel.page.getByRole("tab", { name: "What-if" }).click();
      await panel.page.getByRole("region", { name: "Cost of each layer" }).getByRole("button", { name: names[2]! }).click();
      expect(await titleOf(panel)).toBe(names[2]);
    });
  });

  it("tells how many layers a budget replaces, and measures that set", async () => {
    await visit({ kept }, [state(), main(measured)], async (panel) => {
      const { order } = measured.replacement!.budget;
      const slider = panel.page.getByRole("slider", { name: "Layers to replace" });
      await slider.focus();
      await panel.page.keyboard.press("Home");
      expect(await panel.page.locator(".chosen-set").innerText()).toContain(`0 of ${order.length} layers for 0 nats`);
      expect(await button(panel, "Measure This Set").isDisabled()).toBe(true);
      await panel.page.keyboard.press("ArrowRight");
      await panel.page.keyboard.press("ArrowRight");
      const text = await panel.page.locator(".chosen-set").innerText();
      expect(text).toContain(`2 of ${order.length} layers for +0.00400 nats`);
      expect(text).toContain(`These stay norms: ${order.slice(2).join(", ")}`);
      await button(panel, "Measure This Set").click();
      expect(await asked(panel)).toEqual([{ type: "measureReplacement", layers: order.slice(0, 2), tune: 0 }]);
    });
  });

  it("offers to measure all layers where a set was measured", async () => {
    const some = withReplacement(plain, { layers: measured.replacement!.layers.slice(0, 2), kept: names.slice(2).map((name) => ({ name, reason: notAskedFor })) });
    await visit({ kept }, [state(), main(some)], async (panel) => {
      expect(await panel.page.locator(".part").innerText()).toContain(`Only 2 of ${names.length} layers were measured.`);
      expect(await panel.page.locator(".kept").count()).toBe(0);
      await button(panel, "Measure All Layers").click();
      expect(await asked(panel)).toEqual([{ type: "measureReplacement", tune: 0 }]);
      await panel.send(main(measured));
      expect(await button(panel, "Measure All Layers").count()).toBe(0);
    });
  });

  it("measures the alphas that were tried, and forgets them", async () => {
    await visit({}, [state(), main(measured)], async (panel) => {
      await panel.page.getByRole("spinbutton").fill("0.7");
      await panel.page.keyboard.press("Enter");
      await panel.page.getByRole("tab", { name: "What-if" }).click();
      expect(await panel.page.locator(".tried").innerText()).toContain(`${names[0]} α 0.700`);
      await button(panel, "Measure These Alphas").click();
      expect(await asked(panel)).toEqual([{ type: "measureReplacement", alphas: { [names[0]!]: 0.7 }, tune: 0 }]);
      await button(panel, "Reset all").click();
      expect(await button(panel, "Measure These Alphas").count()).toBe(0);
    });
  });

  it("tunes as long as it is asked to, says what that costs, and keeps to it", async () => {
    await visit({ kept }, [state(), main(plain)], async (panel) => {
      expect(await button(panel, "not tuned").getAttribute("aria-pressed")).toBe("true");
      await button(panel, "quick, 60 steps").click();
      // 60 steps of 5 passes over half of the 2,048 tokens that took 1.31 s.
      expect(await panel.page.locator(".tuning").innerText()).toContain("A step costs about 5 forward passes over 1,024 tokens: very roughly 3 min 17 s more.");
      await button(panel, "Measure Replacement Cost").click();
      expect(await asked(panel)).toEqual([{ type: "measureReplacement", tune: 60 }]);
      expect(await panel.kept()).toMatchObject({ view: { whatIf: { tune: 60 } } });
    });
  });

  it("says of a tuned result how long it was, and measures it and its sets again the same way", async () => {
    await visit({ kept: { view: { tab: "what-if", tried: { [names[0]!]: 0.7 } } } }, [state(), main(tuned)], async (panel) => {
      expect(await button(panel, "thorough, 240 steps").getAttribute("aria-pressed")).toBe("true");
      expect(await panel.page.locator(".headline").innerText()).toContain("DyT, all layers tuned together, 240 steps");
      expect(await panel.page.locator(".methods .chosen").innerText()).toContain("DyT, all layers tuned together, 240 steps");
      expect(await panel.page.locator(".sensitivity th", { hasText: "alpha, tuned" }).getByText("alpha, tuned").getAttribute("data-tip")).toContain("240 steps");
      for (const name of ["Measure Again", "Measure This Set", "Measure These Alphas"]) await button(panel, name).click();
      expect((await asked(panel)).map(({ tune }) => tune)).toEqual([240, 240, 240]);
      await panel.page.getByRole("tab", { name: "Layers" }).click();
      expect(await panel.page.locator("section.layers").innerText()).toContain("converted to, is “DyT, all layers tuned together, 240 steps”");
      expect(await panel.page.locator(".facts").innerText()).toMatch(/alpha with all\s+0\.0999/);
      await panel.send(main(withReplacement(plain, { ...tuned.replacement!, tuneSteps: 100 })));
      await panel.page.getByRole("tab", { name: "What-if" }).click();
      expect(await button(panel, "100 steps").getAttribute("aria-pressed")).toBe("true");
    });
  });

  it("says why layers can't be tuned, in the tab alone, and offers it no more", async () => {
    const message = "The layers were not tuned together: NormLens has no gradient for the operator Slice as caduceus has it.";
    const refused = { ...measured, warnings: [{ code: "not-tuned", message }] } satisfies Result;
    await visit({ kept: { view: { tab: "what-if", whatIf: { tune: 60 } } } }, [state(), main(refused)], async (panel) => {
      expect(await panel.page.locator(".warning").innerText()).toBe(message);
      expect(await panel.page.locator(".warnings").count()).toBe(0);
      expect(await button(panel, "quick, 60 steps").isDisabled()).toBe(true);
      await button(panel, "Measure Again").click();
      expect(await asked(panel)).toEqual([{ type: "measureReplacement", tune: 0 }]);
    });
  });

  it("tells which step of tuning is done", async () => {
    const run: RunState = { kind: "running", task: "replacement", label: "gpt2", stopping: false, queued: [], progress: { phase: "replace", stage: "tuning all layers together", done: 4, total: 60, secondsLeft: 40.2 } };
    await visit({ kept }, [state({ run }), main(plain)], async (panel) => {
      expect(await panel.page.locator(".run").innerText()).toMatch(/Tuning, step 5 of 60\s+about 41 s left/);
    });
  });

  it("asks for a conversion: with the suggestion, what measured best, a set or the user's own alphas", async () => {
    const conversions = async (panel: PanelPage) => (await panel.actions()).filter(({ type }) => type === "convert");
    await visit({ kept }, [state(), main(plain)], async (panel) => {
      await button(panel, "Convert with the Suggestion...").click();
      expect(await conversions(panel)).toEqual([{ type: "convert" }]);
    });
    const { order } = measured.replacement!.budget;
    await visit({ kept: { view: { tab: "what-if", tried: { [names[0]!]: 0.7 }, whatIf: { count: 2 } } } }, [state(), main(measured)], async (panel) => {
      for (const name of ["Convert with These Values...", "Convert This Set...", "Convert with These Alphas..."]) await button(panel, name).click();
      expect(await conversions(panel)).toEqual([{ type: "convert" }, { type: "convert", layers: order.slice(0, 2) }, { type: "convert", alphas: { [names[0]!]: 0.7 } }]);
      const run: RunState = { kind: "running", task: "conversion", label: "gpt2", stopping: false, queued: [], progress: { phase: "copy", done: 1, total: 4 } };
      await panel.send(state({ run }));
      expect(await button(panel, "Convert This Set...").isDisabled()).toBe(true);
      expect(await panel.page.locator(".run").innerText()).toMatch(/Converting gpt2[\s\S]*Writing the checkpoint/);
      expect(await panel.page.getByRole("progressbar").evaluate((bar) => (bar as HTMLProgressElement).value)).toBe(0.25);
      await panel.send(state({ run: { kind: "stopped", task: "conversion", label: "gpt2", dropped: 0 } }));
      expect(await panel.page.locator(".run").innerText()).toBe("The conversion of gpt2 was stopped; nothing of it was written.");
      await panel.send(state({ run: { kind: "failed", task: "conversion", label: "gpt2", message: "the disk is full.", defect: false } }));
      expect(await panel.page.getByRole("alert").innerText()).toContain("gpt2 could not be converted: the disk is full.");
    });
  });

  it("shows costs that are infinite, errors instead of nats, and norms that stay", async () => {
    const { layers, methods } = measured.replacement!;
    const endless = withReplacement(plain, {
      measure: "error",
      layers: [{ ...layers[0]!, cost: null, defaultCost: null }, ...layers.slice(1)],
      methods: methods.map((method) => ({ ...method, scores: { hiddenError: method.cost! } })),
      kept: [{ name: "transformer.h.9.bn", reason: "its axes are not known" }],
    });
    await visit({ kept }, [state(), main(endless)], async (panel) => {
      expect((await rows(panel, "Cost of each layer"))[0]?.[2]).toBe("not finite");
      expect(await panel.page.locator(".headline").innerText()).toContain("+68.8 % error");
      expect(await panel.page.locator(".kept").innerText()).toBe("transformer.h.9.bn stays a norm: its axes are not known");
    });
  });

  const views: readonly [ThemeName, number][] = [...(Object.keys(themes) as ThemeName[]).map((theme): [ThemeName, number] => [theme, 1180]), ["dark", 400]];
  it.each(views)("suits everyone in %s at a width of %i, and fits in German", async (theme, width) => {
    for (const result of [plain, tuned] satisfies Result[]) {
      await visit({ kept: { view: { tab: "what-if", tried: { [names[0]!]: 0.7 } } }, theme, width, strings: german }, [state(), main(result)], async ({ page }) => {
        expect(await seriousFindings(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      });
    }
  });
});
