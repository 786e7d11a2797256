import { render } from "preact";

/** The panel's page in VS Code. */
const root = document.getElementById("page");
if (root !== null) render(<p>NormLens</p>, root);
