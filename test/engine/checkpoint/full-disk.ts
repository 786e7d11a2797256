import type { FileHandle } from "node:fs/promises";

/** A device on which the system reports a full disk. */
export const fullDisk = "/dev/full";

type Open = (path: string, flags: string) => Promise<FileHandle>;

/** Opens a file as ever, but from its write number `fullFromWrite` on, its bytes go to the full disk. */
export async function openFillingUp(open: Open, path: string, flags: string, fullFromWrite: () => number): Promise<FileHandle> {
  const handle = await open(path, flags);
  const full = await open(fullDisk, "w");
  const write = handle.write.bind(handle);
  let writes = 0;
  handle.write = ((...piece: Parameters<typeof write>) => (writes++ < fullFromWrite() ? write(...piece) : full.write(...piece))) as typeof handle.write;
  const close = handle.close.bind(handle);
  handle.close = async () => {
    await full.close();
    await close();
  };
  return handle;
}
