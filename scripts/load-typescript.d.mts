export function bundleFromTests(name: string): Promise<string>;
export function loadFromTests(name: string): Promise<unknown>;
