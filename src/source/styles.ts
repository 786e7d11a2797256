import type { ClassDefinition, Value } from "./values";
import { thingsOf } from "./values";

/** How the modules of a class get their names, where it is not by attribute alone: linen joins indices and counts, keras takes names from arguments. */
export type NamingStyle = "linen" | "keras";

/** The naming style of a class, by what it derives from in the end. */
export function styleOf({ bases }: ClassDefinition, depth = 0): NamingStyle | undefined {
  if (depth > 12) return undefined;
  for (const base of thingsOf(bases)) {
    const style = base.is === "external" ? styleOfExternal(base.dotted) : base.is === "class" ? styleOf(base, depth + 1) : undefined;
    if (style !== undefined) return style;
  }
  return undefined;
}

function styleOfExternal(dotted: string): NamingStyle | undefined {
  if (/^flax\.linen\b/.test(dotted)) return "linen";
  return /^(keras|tensorflow|tf_keras)\b/.test(dotted) ? "keras" : undefined;
}

/** The naming style of what is called to make a layer. */
export function styleOfCalled(called: Value): NamingStyle | undefined {
  for (const thing of thingsOf(called)) {
    const style = thing.is === "class" ? styleOf(thing) : thing.is === "norm class" ? (styleOfExternal(thing.dotted) ?? (thing.definition && styleOf(thing.definition))) : undefined;
    if (style !== undefined) return style;
  }
  return undefined;
}
