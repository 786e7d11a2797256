export function bundlePage(): Promise<{ script: string; style: string }>;
