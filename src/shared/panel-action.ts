import { intents } from "./intent";
import { pictureFormats, type PanelAction } from "./panel";

type Fields = Readonly<Record<string, unknown>>;

/** What each action carries. The compiler keeps the list complete. */
const checks: Readonly<Record<PanelAction["type"], (fields: Fields) => boolean>> = {
  ready: () => true,
  analyze: ({ what }) => isOneOf(["checkpoint", "options", "sample"], what),
  stop: () => true,
  measureReplacement: (fields) => hasAlphasAndLayers(fields) && (fields["tune"] === undefined || isCount(fields["tune"])),
  convert: hasAlphasAndLayers,
  open: ({ uri }) => isTextIfThere(uri),
  compare: ({ uri }) => isTextIfThere(uri),
  stopComparing: () => true,
  setIntent: ({ intent }) => isOneOf(intents, intent),
  goToSource: ({ layer }) => isText(layer),
  export: ({ format }) => isTextIfThere(format),
  copy: ({ text }) => isText(text),
  savePicture: ({ name, format, base64 }) => isText(name) && isOneOf(pictureFormats, format) && isText(base64),
  showLog: () => true,
  painted: ({ milliseconds }) => typeof milliseconds === "number" && Number.isFinite(milliseconds),
  text: ({ text }) => isText(text),
};

/** A message of the page as an action; undefined where it is none. */
export function panelActionOf(value: unknown): PanelAction | undefined {
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  const { type } = value;
  if (typeof type !== "string" || !Object.hasOwn(checks, type)) return undefined;
  return checks[type as PanelAction["type"]](value) ? (value as PanelAction) : undefined;
}

function hasAlphasAndLayers({ alphas, layers }: Fields): boolean {
  return (alphas === undefined || isRecordOfAlphas(alphas)) && (layers === undefined || isListOfTexts(layers));
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTextIfThere(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isRecordOfAlphas(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every((alpha) => typeof alpha === "number" && Number.isFinite(alpha) && alpha > 0);
}

function isOneOf(values: readonly unknown[], value: unknown): boolean {
  return values.includes(value);
}
