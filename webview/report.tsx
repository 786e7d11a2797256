import { render } from "preact";
import type { Intent } from "../src/shared/intent";
import type { PanelAction } from "../src/shared/panel";
import type { Result } from "../src/shared/result";
import type { Host } from "./host";
import { ResultPage } from "./result-page";
import { startTips } from "./tips";
import { defaultView, type View } from "./view";

/* The page that stands alone: the HTML export. Its result is in the document, and it keeps its state to itself. */

const root = document.getElementById("page");
const source = document.getElementById("result");
if (root !== null && source !== null) start(JSON.parse(source.textContent) as Result, root);

function start(result: Result, page: HTMLElement): void {
  let intent: Intent = "convert";
  let view: View = defaultView;
  const host: Host = {
    post: (action) => {
      if (action.type === "setIntent") {
        intent = action.intent;
        draw();
      } else {
        perform(action);
      }
    },
  };
  const draw = () => {
    render(<ResultPage result={result} other={undefined} intent={intent} sourceLayers={[]} measuring={undefined} view={view} onView={setView} host={host} />, page);
  };
  const setView = (changed: View) => {
    view = changed;
    draw();
  };
  startTips(document);
  draw();
}

/** What a plain page can do. */
function perform(action: PanelAction): void {
  if (action.type === "copy") void copy(action.text);
  if (action.type === "savePicture") download(`${action.name}.${action.format}`, action.format === "png" ? "image/png" : "image/svg+xml", action.base64);
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A browser keeps pages of unsafe origins from the clipboard, but not their users.
    window.prompt("Copy", text);
  }
}

function download(name: string, type: string, base64: string): void {
  const link = document.createElement("a");
  link.download = name;
  link.href = `data:${type};base64,${base64}`;
  link.click();
}
