import type koffi from "koffi";
import { UserError } from "../../../../../shared/errors";

/** Calls into shared libraries, https://koffi.dev. */
export type Koffi = typeof koffi;

/** A shared library that is loaded. */
export type Library = ReturnType<Koffi["load"]>;

/** An address; null pointers are checked by status before they get here. */
export type Pointer = bigint;

/** @throws UserError where koffi has no binary for this machine. */
export async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import("koffi")).default;
  } catch (error) {
    throw new UserError(`libtensorflow can't be called on ${process.platform}-${process.arch}, since the package koffi has no binary for it here; another runtime is needed.`, { cause: error });
  }
}
