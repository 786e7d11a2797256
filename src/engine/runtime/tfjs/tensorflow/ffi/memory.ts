import type { Koffi, Pointer } from "./koffi";

/** Copies values into memory that a library owns, and out of it. */
export interface Memory {
  write(to: Pointer, from: ArrayBufferView): void;
  read(from: Pointer, to: ArrayBufferView): void;
}

/** The C library's memcpy: koffi's own encode and decode keep some bytes of every call, and views of foreign memory are forbidden in Electron. */
export function openMemory(koffi: Koffi): Memory {
  const library = koffi.load(process.platform === "win32" ? "ucrtbase.dll" : null);
  const copy = library.func("void memcpy(void *to, const void *from, size_t bytes)");
  return {
    write: (to, from) => { copy(to, from, from.byteLength); },
    read: (from, to) => { copy(to, from, to.byteLength); },
  };
}
