import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** e_machine of the ELF header, for the architectures that Node runs on. */
const elfMachines: Partial<Record<number, NodeJS.Architecture>> = { 0x03: "ia32", 0x28: "arm", 0x3e: "x64", 0xb7: "arm64", 0xf3: "riscv64" };

/**
 * What keeps a file from being loaded as a shared library on Linux, as the end of a sentence; undefined where its header tells nothing against it. The
 * system itself says too little of another machine's library, and dies of one that was cut short.
 * Fields as in https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html.
 */
export function faultOf(path: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  const file = openSync(path, "r");
  try {
    const header = Buffer.alloc(64);
    const read = readSync(file, header, 0, header.length, 0);
    return faultOfElf(header.subarray(0, read), fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function faultOfElf(header: Buffer, size: number): string | undefined {
  if (header.length < 64 || header.toString("latin1", 0, 4) !== "\x7fELF") return "it is no shared library";
  const machine = header.readUInt16LE(18);
  const architecture = elfMachines[machine] ?? `ELF machine ${machine}`;
  if (architecture !== process.arch) return `it is for ${architecture}, and this Node runs on ${process.arch}`;
  // The table of sections is the last thing in the file.
  const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60);
  return end > size ? `it is cut short, ${size} bytes instead of at least ${end}: install it again` : undefined;
}
