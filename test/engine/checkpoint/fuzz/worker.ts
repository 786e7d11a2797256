import { writeFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { mutated, readSeeds } from "./mutation";
import { readAll } from "./read-all";

/** What a worker is told: the number of its first case, the ending of the names of its seeds, and the file that each is written into before it is read. */
export interface Task {
  readonly first: number;
  readonly ending: string;
  readonly file: string;
}

/** What it says after each case: its number, and the defect if there is one. */
export interface Report {
  readonly number: number;
  readonly defect?: string;
}

const { first, ending, file } = workerData as Task;
const seeds = readSeeds(ending);

void reportAll();

async function reportAll(): Promise<never> {
  for (let number = first; ; number++) await report(number);
}

async function report(number: number): Promise<void> {
  await writeFile(file, mutated(seeds, number));
  const defect = await readAll(file).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  parentPort!.postMessage({ number, ...(defect !== undefined && { defect }) } satisfies Report);
}
