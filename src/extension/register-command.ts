import { commands, type Disposable, type LogOutputChannel } from "vscode";
import { sayError } from "./say";

/** Registers a command of the extension; what it throws is told as one message. */
export function registerCommand(log: LogOutputChannel, name: string, action: (...given: readonly unknown[]) => Promise<void> | void): Disposable {
  return commands.registerCommand(`normlens.${name}`, async (...given: unknown[]) => {
    try {
      await action(...given);
    } catch (error) {
      // Whoever called the command need not wait until its user has read the message.
      void sayError(error, log);
    }
  });
}
