import pc from "picocolors";

/** How wide tables are in a file or a pipe, unless COLUMNS says otherwise: wide enough for every column and most names. */
const usualWidth = 200;

/** What a table may use of standard output. */
export function tableOptions(): { color: boolean; width: number } {
  const width = process.stdout.isTTY ? process.stdout.columns : Number(process.env["COLUMNS"]);
  return { color: process.stdout.isTTY && pc.isColorSupported, width: width > 0 ? width : usualWidth };
}

/** Writes to standard output, to the end even where that is a pipe. */
export async function print(text: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Writes a value as JSON. */
export async function printJson(value: unknown): Promise<void> {
  await print(`${JSON.stringify(value, undefined, 1)}\n`);
}
