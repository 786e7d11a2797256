export function findLibtensorflow(): string | undefined;
export function findTfjsAddon(): string | undefined;
export function prepareLibtensorflow(say?: (line: string) => void): void;
