import { csv } from "./csv";
import { flags } from "./flags";
import type { ExportFormat } from "./format";
import { html } from "./html";
import { json } from "./json";
import { markdown } from "./markdown";
import { python } from "./python";
import { liger, xTransformers } from "./renamed-safetensors";
import { safetensors } from "./safetensors";
import { yaml } from "./yaml";

/** Every format that `normlens export` writes. */
export const exportFormats: readonly ExportFormat[] = [json, yaml, csv, markdown, python, flags, safetensors, xTransformers, liger, html];
