import { UserError } from "../../shared/errors";
import { isJsonObject } from "../checkpoint/json";
import type { Config } from "./architecture";

function refuse(field: string, problem: string): never {
  throw new UserError(`config.json: ${field} ${problem}.`);
}

/** A number under any of several spellings of a field; undefined where none is given. */
export function optionalNumber(config: Config, ...fields: readonly string[]): number | undefined {
  for (const field of fields) {
    const value = config[field];
    if (value === undefined || value === null) continue;
    if (typeof value !== "number" || !Number.isFinite(value)) refuse(named([field]), `is ${shown(value)} where a number is expected`);
    return value;
  }
  return undefined;
}

/** A number above zero; undefined where none is given. */
export function positive(config: Config, field: string): number | undefined {
  const value = optionalNumber(config, field);
  return value === undefined || value > 0 ? value : refuse(named([field]), `is ${value} where a number above zero is expected`);
}

/** Largest size that a configuration may state: far above any model's, and small enough for sizes of graphs. */
const largestSize = 1e8;

/** Most blocks that a configuration may ask for. */
const mostBlocks = 1_000;

/** A positive whole number under any of several spellings; undefined where none is given. */
export function optionalSize(config: Config, ...fields: readonly string[]): number | undefined {
  const value = optionalNumber(config, ...fields);
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < 1 || value > largestSize) refuse(named(fields), `is ${value} where a positive whole number is expected`);
  return value;
}

/** A positive whole number that the model can't be built without. */
export function size(config: Config, ...fields: readonly string[]): number {
  return optionalSize(config, ...fields) ?? refuse(named(fields), "is missing; take config.json from the place the weights came from");
}

/** Longest sequence whose distances are kept in a table. */
const longestTable = 65_536;

/** A number of positions or distances of which a table is made; undefined where none is given. */
export function optionalTableLength(config: Config, field: string): number | undefined {
  const count = optionalSize(config, field);
  return count === undefined || count <= longestTable ? count : refuse(named([field]), `is ${count}, more than the ${longestTable} distances that are told apart`);
}

/** A number of blocks that the tensors do not tell. */
export function blockCount(config: Config, field: string): number {
  const count = size(config, field);
  return count <= mostBlocks ? count : refuse(named([field]), `is ${count}, more than the ${mostBlocks} that are run`);
}

/** Number of key and value heads, which divides that of query heads. */
export function keyValueHeadCount(config: Config, heads: number): number {
  const count = optionalSize(config, "num_key_value_heads", "n_kv_heads") ?? heads;
  return heads % count === 0 ? count : refuse(named(["num_key_value_heads"]), `is ${count}, which does not divide the ${heads} attention heads`);
}

function named(fields: readonly string[]): string {
  return fields.map((field) => `"${field}"`).join(" or ");
}

/** A norm layer's eps. */
export function eps(config: Config, fields: readonly string[], otherwise: number): number {
  const value = optionalNumber(config, ...fields) ?? otherwise;
  if (value < 0) refuse(`"${fields[0]}"`, `is ${value} where zero or more is expected`);
  return value;
}

/** A text field; undefined where it is not given. */
export function optionalText(config: Config, field: string): string | undefined {
  const value = config[field];
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : refuse(named([field]), `is ${shown(value)} where text is expected`);
}

/** A yes-or-no field; `otherwise` where it is not given. */
export function flag(config: Config, field: string, otherwise: boolean): boolean {
  const value = config[field];
  if (value === undefined || value === null) return otherwise;
  return typeof value === "boolean" ? value : refuse(named([field]), `is ${shown(value)} where true or false is expected`);
}

/** A nested object; undefined where it is not given. */
export function optionalObject(config: Config, field: string): Config | undefined {
  const value = config[field];
  if (value === undefined || value === null) return undefined;
  return isJsonObject(value) ? value : refuse(named([field]), `is ${shown(value)} where an object is expected`);
}

/** A list of `count` numbers above zero that the model can't be built without. */
export function numberList(config: Config, field: string, count: number): number[] {
  const value = config[field];
  const numbers = Array.isArray(value) ? value.filter((entry): entry is number => typeof entry === "number" && entry > 0) : [];
  return numbers.length === count ? numbers : refuse(named([field]), `is no list of ${count} numbers above zero`);
}

/** Class name of the model: the first of `architectures`, or timm's `architecture`. */
export function architectureName(config: Config, otherwise: string): string {
  const names = config["architectures"];
  const first: unknown = Array.isArray(names) ? names[0] : config["architecture"];
  return typeof first === "string" ? first : otherwise;
}

/** Size of one attention head. @throws UserError where the width is no multiple of the number of heads. */
export function headSize(width: number, heads: number): number {
  if (width % heads !== 0) throw new UserError(`config.json: a hidden size of ${width} can't be divided among ${heads} attention heads.`);
  return width / heads;
}

/** A value in a message: text and numbers as they are, the rest by what it is, since it may be of any size and depth. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : "an object";
}
