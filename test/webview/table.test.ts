import { describe, expect, it } from "vitest";
import { syntheticResult } from "../synthetic-result";
import { browserForVisits, button, main, rowsOf, state, titleOf } from "./visit";

const many = syntheticResult(200, 2);
const names = many.layers.map(({ name }) => name);
const few = syntheticResult(3, 6);
const visit = browserForVisits();

describe("the table", () => {
  it("is one stop of the keyboard, and the arrow keys go from row to row", async () => {
    await visit({}, [state(), main(few)], async (panel) => {
      const { page } = panel;
      expect(await page.locator(".layers tbody button[tabindex='0']").count()).toBe(1);
      await page.locator(".layers tbody button").first().focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      expect(await titleOf(panel)).toBe(few.layers[2]!.name);
      expect(await page.evaluate("document.activeElement.textContent")).toBe(few.layers[2]!.name);
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowDown");
      expect(await titleOf(panel)).toBe(few.layers.at(-1)!.name);
      await page.keyboard.press("Home");
      expect(await titleOf(panel)).toBe(few.layers[0]!.name);
    });
  });

  it("of 401 layers draws those in sight, and all are reached", async () => {
    await visit({}, [state(), main(many)], async (panel) => {
      const { page } = panel;
      expect(await page.locator(".layers table").getAttribute("aria-rowcount")).toBe("402");
      expect((await rowsOf(panel)).length).toBeLessThan(150);
      const scroller = page.locator(".scroll");
      const full = await scroller.evaluate((each) => each.scrollHeight);
      await scroller.evaluate((each) => { each.scrollTop = each.scrollHeight; });
      await page.getByRole("button", { name: names.at(-1)!, exact: true }).last().click();
      expect(await titleOf(panel)).toBe(names.at(-1));
      expect(Math.abs(await scroller.evaluate((each) => each.scrollHeight) - full)).toBeLessThan(4);
      await page.keyboard.press("PageUp");
      expect(await titleOf(panel)).toBe(names.at(-11));
      await page.keyboard.press("Home");
      expect(await titleOf(panel)).toBe(names[0]);
      expect(await page.evaluate("document.activeElement.textContent")).toBe(names[0]);
      await page.keyboard.press("End");
      expect(await page.evaluate("document.activeElement.textContent")).toBe(names.at(-1));
      expect(await page.locator("tr[aria-current]").getAttribute("aria-rowindex")).toBe("402");
    });
  });

  it("of 401 layers sorts and filters all of them", async () => {
    const byStd = [...many.layers].sort((a, b) => b.input.std - a.input.std).map(({ name }) => name);
    await visit({}, [state(), main(many)], async (panel) => {
      await button(panel, "std").click();
      await button(panel, "std").click();
      expect((await rowsOf(panel)).slice(0, 40)).toEqual(byStd.slice(0, 40));
      await panel.page.getByRole("searchbox").fill("h.199");
      expect(await rowsOf(panel)).toEqual(byStd.filter((name) => name.includes("h.199")));
      await panel.page.getByRole("searchbox").fill("nothing so called");
      expect(await panel.page.locator(".layers").innerText()).toContain("No layer has “nothing so called”");
    });
  });

  it("is whole on paper", async () => {
    await visit({}, [state(), main(many)], async (panel) => {
      await panel.page.emulateMedia({ media: "print" });
      await panel.page.waitForFunction((count) => document.querySelectorAll(".layers tbody tr").length === count, names.length);
      expect(await rowsOf(panel)).toEqual(names);
    });
  });
});
