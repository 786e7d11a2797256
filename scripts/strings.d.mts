export function stringsOfSources(root: string): { strings: string[]; unknown: string[] };
export function stringsOf(file: string, text: string): { strings: string[]; unknown: string[] };
export function problemsOf(source: Readonly<Record<string, string>>, translation: Readonly<Record<string, string>>): string[];
