import assert from "node:assert/strict";
import { commands } from "vscode";
import { notificationText } from "../../../src/extension/say";
import { api, extension } from "./support";

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string; readonly title: string }[] };
}

describe("the extension", () => {
  it("activates, and registers every command of its manifest", async () => {
    await api();
    const { contributes } = extension().packageJSON as Manifest;
    const registered = new Set(await commands.getCommands(true));
    assert.deepEqual(contributes.commands.map(({ command }) => command).filter((command) => !registered.has(command)), []);
  });

  it("makes no link of what stands in names", () => {
    const text = notificationText('tensor "[Fix it](command:workbench.action.quit)" in a\u202eb.safetensors');
    assert.doesNotMatch(text, /\]\(/);
    assert.doesNotMatch(text, /\u202e/);
    assert.match(text, /Fix it.*command:workbench/);
  });

  it("has a text for every title of its manifest", () => {
    const { contributes } = extension().packageJSON as Manifest;
    assert.deepEqual(contributes.commands.filter(({ title }) => title.includes("%")), []);
  });
});
