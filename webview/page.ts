import { Chart, Legend, LinearScale, LineElement, LogarithmicScale, PointElement, ScatterController, Tooltip } from "chart.js";
import { describeRuntime, formatBytes, formatCount, formatCounted, formatLarge, formatNumber, formatSeconds, printable } from "../src/shared/format";
import type { GroupResult, Result } from "../src/shared/result";
import { createCurveView } from "./curve";
import { element } from "./dom";
import { layerFacts } from "./facts";
import { glossary } from "../src/shared/glossary";
import { createLayerTable } from "./layer-table";
import { createOverview } from "./overview";
import { onThemeChange } from "./theme";

Chart.register(ScatterController, LinearScale, LogarithmicScale, LineElement, PointElement, Tooltip, Legend);
Chart.defaults.font.family = "system-ui, sans-serif";

const root = document.getElementById("page");
const source = document.getElementById("result");
if (root !== null && source !== null) showResult(JSON.parse(source.textContent) as Result, root);

/** Pixels of the drawing that must be in view when a row of the table below is chosen; otherwise the page scrolls to it. */
const smallestGlimpse = 120;

/** Fills the page with a result; the first layer is selected. */
function showResult(result: Result, page: HTMLElement): void {
  const { layers } = result;
  const curve = createCurveView();
  const title = element("h2", { "aria-live": "polite" });
  const place = element("span", { class: "note" });
  const facts = element("div");
  const select = (index: number) => {
    const layer = layers[index];
    if (layer === undefined) return;
    title.textContent = printable(layer.name);
    place.textContent = `${layer.role}, block ${formatCount(layer.depth)}, ${layer.kind} over ${formatCount(layer.channels)} channels`;
    curve.show(layer);
    facts.replaceChildren(layerFacts(layer));
    overview.select(index);
    table.select(index);
    current = index;
  };
  let current = 0;
  const overview = createOverview(layers, select);
  const table = createLayerTable(layers, (index) => {
    select(index);
    if (detail.getBoundingClientRect().bottom < smallestGlimpse) detail.scrollIntoView({ behavior: "smooth" });
  });
  const step = (by: number, text: string, label: string) => {
    const button = element("button", { type: "button", "aria-label": label, title: label }, text);
    button.addEventListener("click", () => { select((current + by + layers.length) % layers.length); });
    return button;
  };
  const detail = element(
    "section",
    { class: "panel detail", "aria-label": "Selected layer" },
    element("header", { class: "tools" }, element("div", {}, title, place), element("div", { class: "choice" }, step(-1, "‹", "Previous layer"), step(1, "›", "Next layer"))),
    element("div", { class: "columns" }, curve.root, facts),
  );
  page.append(summary(result), ...warnings(result), overview.root, detail, table.root, groups(result), terms());
  const redraw = () => {
    overview.redraw();
    table.redraw();
    curve.redraw();
  };
  redraw();
  select(0);
  onThemeChange(redraw);
}

function summary({ model, input, engine, coverage }: Result): HTMLElement {
  const item = (name: string, value: string) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
  const random = input.kind === "random" ? "random input: " : "";
  return element(
    "dl",
    { class: "summary" },
    item("Model", [printable(model.family), ...(model.depth > 0 ? [formatCounted(model.depth, "block")] : []), ...(model.width > 0 ? [`width ${formatCount(model.width)}`] : [])].join(", ")),
    item("Parameters", model.parameters > 0 ? `${formatLarge(model.parameters)}, ${printable(model.dtype)}` : printable(model.dtype)),
    item("Input", `${random}${printable(input.source)}, ${formatCounted(input.tokens, "token")} in ${formatCounted(input.sequences, "sequence")}${input.skipFirst ? ", first positions skipped" : ""}`),
    item("Norm layers", `${formatCount(coverage.measured)} of ${formatCount(coverage.found)} measured`),
    item("Engine", `${describeRuntime(engine)}, ${formatSeconds(engine.seconds.total)}, ${formatBytes(engine.peakMemoryBytes)}`),
  );
}

function warnings({ warnings: all, coverage, input }: Result): Node[] {
  const random = input.kind === "random" && !all.some(({ code }) => code === "random-input") ? ["The input was random: these alphas do not describe real use."] : [];
  const texts = [
    ...random,
    ...all.filter(({ code }) => code !== "not-covered").map(({ message }) => message),
    ...coverage.missing.map(({ name, reason }) => `${name} was not measured: ${reason}`),
  ];
  if (texts.length === 0) return [];
  const list = element("ul", {}, ...texts.map((text) => element("li", {}, printable(text))));
  const title = element("summary", {}, `${formatCounted(texts.length, "thing")} to know before using the numbers`);
  const details = element("details", { class: "warnings" }, title, list);
  details.open = texts.length <= 4;
  return [details];
}

function groups({ groups: roles }: Result): HTMLElement {
  const cells = ({ role, count, alphaMedian, alphaMin, alphaMax, suggest }: GroupResult) => [
    role,
    formatCount(count),
    ...[alphaMedian, alphaMin, alphaMax].map((alpha) => formatNumber(alpha === 0 ? Number.NaN : alpha)),
    `${formatNumber(suggest.scratch)}, ${suggest.scratchSource}`,
  ];
  const headings = ["role", "layers", "α convert, median", "lowest", "highest", "α scratch"];
  return element(
    "section",
    { class: "panel layers", "aria-label": "Roles" },
    element("h2", {}, "Roles"),
    element(
      "div",
      { class: "scroll" },
      element(
        "table",
        {},
        element("thead", {}, element("tr", {}, ...headings.map((heading) => element("th", { scope: "col" }, heading)))),
        element("tbody", {}, ...roles.map((group) => {
          const [role = "", ...others] = cells(group);
          return element("tr", {}, element("th", { scope: "row" }, role), ...others.map((cell) => element("td", {}, cell)));
        })),
      ),
    ),
  );
}

function terms(): HTMLElement {
  const entries = Object.values(glossary).map(({ name, text }) => element("div", {}, element("dt", {}, name), element("dd", {}, text)));
  return element("details", { class: "panel glossary" }, element("summary", {}, "What the numbers mean"), element("dl", {}, ...entries));
}
