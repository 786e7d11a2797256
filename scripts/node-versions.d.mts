export function nodeVersions(): { version: string; path: string }[];
export function prepareNodeVersions(say?: (line: string) => void): void;
