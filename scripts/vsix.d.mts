export function listVsix(file: string): Promise<{ path: string; compressed: number; size: number }[]>;
export function readVsix(file: string): Promise<{ path: string; bytes: Buffer }[]>;
