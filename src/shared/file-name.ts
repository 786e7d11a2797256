/** A name for a file, made of a label: letters, digits, dots, dashes and underscores, at most so many characters. */
export function fileNameFrom(label: string, most = 60): string {
  return label.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, most);
}
