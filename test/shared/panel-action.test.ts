import { expect, test } from "vitest";
import type { PanelAction } from "../../src/shared/panel";
import { panelActionOf } from "../../src/shared/panel-action";

const actions: readonly PanelAction[] = [
  { type: "ready" },
  { type: "analyze", what: "options" },
  { type: "stop" },
  { type: "measureReplacement" },
  { type: "measureReplacement", alphas: { norm: 0.5 }, layers: ["norm"], tune: 60 },
  { type: "convert" },
  { type: "convert", alphas: { norm: 0.5 }, layers: ["norm"] },
  { type: "open" },
  { type: "open", uri: "file:///a.normlens.json" },
  { type: "compare" },
  { type: "compare", uri: "file:///a.normlens.json" },
  { type: "stopComparing" },
  { type: "setIntent", intent: "scratch" },
  { type: "goToSource", layer: "norm" },
  { type: "export" },
  { type: "export", format: "csv" },
  { type: "copy", text: "0.5" },
  { type: "savePicture", name: "norm", format: "svg", base64: "" },
  { type: "showLog" },
  { type: "painted", milliseconds: 12 },
  { type: "text", text: "" },
];

test.each(actions)("$type is an action", (action) => {
  expect(panelActionOf(action)).toEqual(action);
});

test.each([
  undefined, null, "ready", 1, [], {},
  { type: 1 }, { type: "toString" }, { type: "__proto__" }, { type: "delete" },
  { type: "analyze" }, { type: "analyze", what: "toString" },
  { type: "measureReplacement", alphas: { norm: "1" } }, { type: "measureReplacement", alphas: { norm: 0 } }, { type: "measureReplacement", layers: "norm" }, { type: "measureReplacement", layers: [1] },
  { type: "measureReplacement", tune: -1 }, { type: "measureReplacement", tune: 0.5 }, { type: "measureReplacement", tune: "60" },
  { type: "convert", alphas: { norm: -1 } }, { type: "convert", layers: "norm" },
  { type: "open", uri: 1 }, { type: "compare", uri: null },
  { type: "setIntent", intent: "both" },
  { type: "goToSource" }, { type: "export", format: {} }, { type: "copy", text: 1 },
  { type: "savePicture", name: "a", format: "exe", base64: "" }, { type: "savePicture", format: "png", base64: "" }, { type: "savePicture", name: "a", format: "png" },
  { type: "painted", milliseconds: "1" }, { type: "painted", milliseconds: Number.NaN }, { type: "text" },
])("%j is no action", (value) => {
  expect(panelActionOf(value)).toBeUndefined();
});
