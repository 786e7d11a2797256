import type { Uri} from "vscode";
import { workspace } from "vscode";
import type { Conversion } from "../../shared/conversion";
import { weightsPathOf } from "../../shared/weights-path";
import type { Parts } from "../parts";
import { labelOf } from "../results/result-store";
import { requireTrust } from "../run/analyze";
import { runAgain } from "../run/run-again";
import { conversionOf, suitingValues, type ConversionOffer } from "./conversion-choice";
import { pickConversion } from "./conversion-picker";
import { sayConverted } from "./say-converted";
import { suggestedTarget } from "./target";

/** What is chosen already where a conversion is asked for. */
export interface ConversionWish {
  /** Layers to replace, by name. */
  readonly layers?: readonly string[];
  /** Alphas that the user tried, by layer. */
  readonly alphas?: Readonly<Record<string, number>>;
}

/**
 * Writes the checkpoint of a result anew with its norms replaced: asks for layers, values and folder, all of which have a sensible value already, and shows in the panel how far it is.
 * @returns what was written; undefined where the user thought better of it.
 * @throws UserError where the result is of a capture, and as the runner does.
 */
export async function convertResult({ context, results, runner, panels, log }: Parts, uri: Uri, { layers, alphas = {} }: ConversionWish = {}): Promise<Conversion | undefined> {
  requireTrust();
  const result = await results.load(uri);
  const again = runAgain(result, uri);
  const offer: ConversionOffer = { result, path: uri.fsPath, hasValues: await hasValues(uri), alphas, again };
  const target = await suggestedTarget(again.checkpoint, context.extensionUri);
  const choice = await pickConversion(offer, { layers, values: suitingValues(offer, layers), target });
  if (choice === undefined) return undefined;
  void panels.show();
  const conversion = await runner.convert({ label: labelOf(result), request: conversionOf(offer, choice) });
  void sayConverted(conversion, log);
  return conversion;
}

function hasValues(uri: Uri): Promise<boolean> {
  return Promise.resolve(workspace.fs.stat(uri.with({ path: weightsPathOf(uri.path) }))).then(() => true, () => false);
}
