import type { Command } from "commander";
import { addAnalysisOptions, analysisOf, type AnalysisOptions } from "../analysis-options";
import { runEngine } from "../engine";
import { present } from "../present";

interface Options extends AnalysisOptions {
  readonly out?: string;
  readonly taps?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `normlens analyze CHECKPOINT` */
export function addAnalyze(program: Command): void {
  const command = program
    .command("analyze")
    .description("run a checkpoint, watch every norm layer, fit DyT, and show the alphas")
    .argument("<checkpoint>", "folder, or file: safetensors, PyTorch, GGUF, ONNX, Flax, Keras, TensorFlow or the index of shards");
  addAnalysisOptions(command)
    .option("--out <file>", "write the result, and the per-channel values beside it")
    .option("--taps <file>", "write what went into the norms, as a capture file")
    .option("--json", "print the result as JSON and nothing else")
    .option("--quiet", "show no progress")
    .action(async (checkpoint: string, options: Options) => {
      await present(options, (onProgress) => runEngine({ ...analysisOf(checkpoint, options), ...filesOf(options) }, onProgress));
    });
}

function filesOf({ out, taps }: Options): { readonly out?: string; readonly taps?: string } {
  return { ...(out !== undefined && { out }), ...(taps !== undefined && { taps }) };
}
