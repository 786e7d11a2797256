/* What scripts use of the tests' page: scripts/page-screenshots.mjs and bench/panel.mjs, by way of load-kit.mjs. */
export { launchBrowser } from "../browser";
export { syntheticResult } from "../synthetic-result";
export { idleState, openPanel } from "./panel-page";
export { themes } from "./themes";
