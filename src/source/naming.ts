import { keywordArgument, type Call } from "./arguments";
import { segmentOf } from "./places";
import type { Scope } from "./scope";
import { addTo, defaultsOf, just, lineage, thingsOf, under, type ClassDefinition, type Thing, type Value } from "./values";

/** How the modules of a class get their names, where it is not by attribute alone: linen joins indices and counts, keras takes names from arguments. */
export type NamingStyle = "linen" | "keras";

/** The naming style of a class, by what it derives from in the end. */
export function styleOf(definition: ClassDefinition): NamingStyle | undefined {
  for (const each of lineage(definition)) {
    const style = each.is === "external" ? styleOfExternal(each.dotted) : undefined;
    if (style !== undefined) return style;
  }
  return undefined;
}

function styleOfExternal(dotted: string): NamingStyle | undefined {
  if (/^flax\.linen\b/.test(dotted)) return "linen";
  return /^(keras|tensorflow|tf_keras)\b/.test(dotted) ? "keras" : undefined;
}

/** The naming style of what is called to make a layer. */
function styleOfCalled(called: Value): NamingStyle | undefined {
  for (const thing of thingsOf(called)) {
    const style = thing.is === "class" ? styleOf(thing) : thing.is === "norm class" ? (styleOfExternal(thing.dotted) ?? (thing.definition && styleOf(thing.definition))) : undefined;
    if (style !== undefined) return style;
  }
  return undefined;
}

/** A layer that was made, under the name that it gets where it is made: linen's and keras's do. */
export function named({ reader, called, written, scope }: Call, thing: Thing, className: string): Value {
  const style = styleOfCalled(called) ?? styleOfCalled(defaultsOf(thingsOf(called)));
  const value = just(thing);
  const name = keywordArgument(reader, written, (each) => each === "name");
  const { owner, isCompact } = scope.belonging;
  if (style === "keras" && name !== undefined) addTo(owner?.attributes ?? reader.loose, under(segmentOf(reader, name), value));
  if (style === "linen" && isCompact === true && owner !== undefined) {
    addTo(owner.attributes, under(name === undefined ? autoName(owner, className, scope) : segmentOf(reader, name), value));
  }
  return value;
}

/** linen counts the modules of a class that have no name: `LayerNorm_0`; a loop makes any number. */
function autoName(owner: ClassDefinition, className: string, scope: Scope): string {
  const count = scope.isInLoop ? "*" : (owner.autoNames.get(className) ?? 0);
  owner.autoNames.set(className, count === "*" ? "*" : count + 1);
  return `${className}_${count}`;
}
