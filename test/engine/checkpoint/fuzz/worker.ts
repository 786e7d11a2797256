import { parentPort, workerData } from "node:worker_threads";
import { casesOf } from "./cases";
import { readAll } from "./read-all";

/** What a worker is told: the number of its first case, the ending of the names of its seeds, and the path that each is written to before it is read. */
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
const write = casesOf(ending);

void reportAll();

async function reportAll(): Promise<never> {
  for (let number = first; ; number++) await report(number);
}

async function report(number: number): Promise<void> {
  await write(number, file);
  const defect = await readAll(file).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  parentPort!.postMessage({ number, ...(defect !== undefined && { defect }) } satisfies Report);
}
