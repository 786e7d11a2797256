const longest = 120;

/** A name from a file, fit to stand in a message: in quotes, on one line, without control characters, at most 120 characters. */
export function quote(name: string): string {
  const clipped = name.length > longest ? `${name.slice(0, longest - 1)}…` : name;
  return JSON.stringify(clipped).replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "?");
}
