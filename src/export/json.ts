import { alphasDocument } from "./alphas";
import type { ExportFormat } from "./format";

/** The alphas alone, as JSON. */
export const json: ExportFormat = {
  name: "json",
  extension: ".alphas.json",
  description: "alphas by layer, without statistics and curves",
  export: (result) => `${JSON.stringify(alphasDocument(result), null, 2)}\n`,
};
