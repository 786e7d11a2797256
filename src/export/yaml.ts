import { stringify } from "yaml";
import { alphasDocument } from "./alphas";
import type { ExportFormat } from "./format";

/** The alphas alone, as YAML, for training configurations. */
export const yaml: ExportFormat = {
  name: "yaml",
  extension: ".alphas.yaml",
  description: "alphas by layer, for a training configuration",
  export: (result) => stringify(alphasDocument(result), { lineWidth: 0 }),
};
