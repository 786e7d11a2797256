import { readlinkSync } from "node:fs";
import { UserError } from "../../shared/errors";

/** What to tell a user for each error that the file system raises in ordinary use. */
const sentences: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder; check the path",
  ENOTDIR: "a part of the path is a file, not a folder; check the path",
  EISDIR: "it is a folder; name a file",
  EACCES: "permission is denied; change its permissions or choose another place",
  EPERM: "permission is denied; change its permissions or choose another place",
  EROFS: "the file system is read-only; choose another place",
  ENOSPC: "the disk is full; free some space or choose another place",
  EDQUOT: "the disk quota is used up; free some space or choose another place",
  EFBIG: "the file would be larger than the system allows; choose another place or fewer tokens",
  ELOOP: "its symbolic links run in a circle; check the path",
  ENAMETOOLONG: "the path is too long; choose a shorter one",
  EMFILE: "too many files are open; raise the limit (ulimit -n)",
  ENFILE: "too many files are open; close other programs",
  EIO: "the disk reports a read or write error; check it or copy the file elsewhere",
  EXDEV: "it stands on another file system; choose another place",
  EEXIST: "something of that name exists already; choose another name",
};

/**
 * Turns an error of the file system into a refusal: `Can't read FILE: the disk is full; ...`.
 * Anything else (a UserError already, or a defect) is given back as it is.
 */
export function fileError(action: "read" | "write", path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const reason = (code === "ENOENT" && danglingLink(path)) || (sentences[code] ?? `the system says ${code}; check the path and the disk`);
  return new UserError(`Can't ${action} ${path}: ${reason}.`, { cause: error });
}

/** What to tell of a link that leads nowhere; undefined where the path is none. */
function danglingLink(path: string): string | undefined {
  try {
    return `it is a link to ${readlinkSync(path)}, which is not there; get that file, or remove the link`;
  } catch {
    return undefined;
  }
}

/** The system's code of a failed call ("ENOENT"); undefined for any other kind of error. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
