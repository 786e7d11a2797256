import type { Command } from "commander";
import type { SurveyRequest } from "../shared/request";
import { wholeNumber } from "./options";

/** How an engine is opened, as given on the command line. */
export interface EngineOptions {
  readonly threads?: number;
  readonly gpu?: number;
  readonly tf32?: boolean;
  readonly libtensorflow?: string;
}

/** Adds the options that say how an engine is opened. */
export function addEngineOptions(command: Command): Command {
  return command
    .option("--threads <n>", "threads of the engine", wholeNumber(1, 1024))
    .option("--gpu <n>", "which GPU, counted from 0", wholeNumber(0, 1023))
    .option("--tf32", "let a GPU round factors to 10 bits: faster, less exact")
    .option("--libtensorflow <path>", "file or folder of libtensorflow, for tfjs on tensorflow");
}

/** The same as a request states it. */
export function engineOptionsOf({ threads, gpu, tf32, libtensorflow }: EngineOptions): SurveyRequest {
  return {
    ...(threads !== undefined && { threads }),
    ...(gpu !== undefined && { gpu }),
    ...(tf32 === true && { tf32 }),
    ...(libtensorflow !== undefined && { libtensorflow }),
  };
}
