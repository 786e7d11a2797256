import { messageOf } from "../../../../src/shared/errors";
import { agreementOf } from "./agreement";

/*
 * An engine's agreement in a process of its own, since drivers are told by environment variables before it starts.
 * usage: node process.cjs RUNTIME DEVICE; prints one JSON line.
 */

const [runtime, device] = process.argv.slice(2) as [string, string];

agreementOf({ runtime, device }, {}).then(
  (agreement) => { process.stdout.write(`${JSON.stringify(agreement)}\n`, () => { process.exit(0); }); },
  (error: unknown) => { process.stderr.write(`${messageOf(error)}\n`, () => { process.exit(1); }); },
);
