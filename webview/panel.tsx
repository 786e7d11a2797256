import { config } from "@vscode/l10n";
import { render } from "preact";
import type { PanelAction, PanelUpdate } from "../src/shared/panel";
import { App } from "./app";
import type { Host } from "./host";
import { updated, type Model } from "./model";
import { startTips } from "./tips";
import { viewOf, type View } from "./view";

/* The page in VS Code. The host keeps the truth: the page asks for it, shows what it is told, and keeps how its user looks at it. */

interface EditorApi {
  postMessage(action: PanelAction): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): EditorApi;

const root = document.getElementById("page");
if (root !== null) start(acquireVsCodeApi(), root);

function start(api: EditorApi, page: HTMLElement): void {
  const strings = document.getElementById("strings")?.textContent ?? "{}";
  config({ contents: strings });
  const kept = api.getState();
  let model: Model = {};
  let view = viewOf(typeof kept === "object" && kept !== null && "view" in kept ? kept.view : undefined);
  let painted = false;
  const host: Host = { post: (action) => { api.postMessage(action); } };

  const draw = () => {
    render(<App model={model} view={view} onView={setView} host={host} />, page);
    if (model.main === undefined || painted) return;
    painted = true;
    // The frame that holds what was drawn is on the screen when the next one is asked for.
    requestAnimationFrame(() => { setTimeout(() => { host.post({ type: "painted", milliseconds: Math.round(performance.now()) }); }); });
  };
  const keep = () => { api.setState({ view, restore: model.state?.restore }); };
  const setView = (changed: View) => {
    view = changed;
    keep();
    draw();
  };
  window.addEventListener("message", ({ data }: MessageEvent<PanelUpdate>) => {
    switch (data.type) {
      case "state":
      case "result":
        model = updated(model, data);
        keep();
        draw();
        return;
      case "goTo":
        setView({ ...view, layer: data.layer, tab: "layers" });
        page.querySelector(".detail")?.scrollIntoView({ block: "start" });
        return;
      case "readText":
        host.post({ type: "text", text: page.innerText });
    }
  });
  startTips(document);
  draw();
  host.post({ type: "ready" });
}
