import type { Command } from "commander";
import { runEngine } from "../engine";
import { wholeNumber } from "../options";
import { present } from "../present";

interface Options {
  readonly skipFirst?: boolean;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `normlens fit CAPTURE` */
export function addFit(program: Command): void {
  program
    .command("fit")
    .description("fit DyT to the norm inputs of a capture file")
    .argument("<capture>", "safetensors file with NAME.input [tokens, channels]")
    .option("--skip-first", "leave the first position of every sequence out")
    .option("--seed <n>", "seed of everything random", wholeNumber(0), 0)
    .option("--out <file>", "write the result, and the per-channel values beside it")
    .option("--json", "print the result as JSON and nothing else")
    .option("--quiet", "show no progress")
    .action(async (capture: string, options: Options) => {
      const { seed, out } = options;
      const request = { kind: "fit", capture, skipFirst: options.skipFirst === true, seed, ...(out !== undefined && { out }) } as const;
      await present(options, (onProgress) => runEngine(request, onProgress));
    });
}
