import { isElementWise, type NormKind } from "../shared/norm";
import { kindOfClass, lastName, mayNameNormClass, namesNormClass, namesNormVariable } from "./norm-names";
import { child, descendants, type SyntaxNode } from "./syntax";
import { thingsOf, type ClassDefinition, type NormClass } from "./values";

/** Tells which classes of a file are norm layers themselves, rather than modules that have one. */
export class NormClasses {
  private readonly known = new Map<ClassDefinition, boolean>();
  private readonly kinds = new Map<ClassDefinition, NormKind | undefined>();

  constructor(private readonly text: string) {}

  has(definition: ClassDefinition): boolean {
    const known = this.known.get(definition);
    if (known !== undefined) return known;
    this.known.set(definition, false);
    const is = this.isNorm(definition);
    this.known.set(definition, is);
    return is;
  }

  /** What a norm class of the file computes: its body tells, then its base, then its name. */
  kindOf(definition: ClassDefinition): NormKind | undefined {
    if (!this.kinds.has(definition)) this.kinds.set(definition, this.computed(definition));
    return this.kinds.get(definition);
  }

  private computed(definition: ClassDefinition): NormKind | undefined {
    const base = normBase(definition);
    const name = kindOfClass(definition.name);
    if (name !== undefined && isElementWise(name)) return name;
    if (name === "groupnorm" || base !== undefined) return name === "groupnorm" ? name : (base?.kind ?? name);
    const body = this.textOf(definition.node);
    if (/group_norm/.test(body)) return "groupnorm";
    if (this.subtracts(definition.node) || /layer_norm|\.var\(|\.std\(|var_mean/.test(body)) return name === "rmsnorm" ? name : "layernorm";
    return /rsqrt|rms_norm|square|pow\(2\)|\*\* ?2|\.norm\(/.test(body) ? "rmsnorm" : name;
  }

  private isNorm(definition: ClassDefinition): boolean {
    if (this.makesNorm(definition)) return false;
    if (normBase(definition) !== undefined || namesNormClass(definition.name)) return true;
    return mayNameNormClass(definition.name) && /sqrt|\.std\(|\.var\(|(layer|rms|group)_norm|\.norm\(|normalize\(/.test(this.textOf(definition.node));
  }

  /** A class that makes a norm layer has one as a part, whatever its name: PreNorm, AdaLayerNorm. */
  private makesNorm({ node, name }: ClassDefinition): boolean {
    for (const each of descendants(node)) {
      const callee = each.type === "call" ? child(each, "function") : undefined;
      if (callee?.type !== "identifier" && callee?.type !== "attribute") continue;
      const called = lastName(this.textOf(callee));
      if (this.textOf(callee) !== name && (namesNormClass(called) || namesNormVariable(called))) return true;
    }
    return false;
  }

  /** Whether something is subtracted where the class computes; its `__init__` may do so for other reasons. */
  private subtracts(node: SyntaxNode): boolean {
    if (node.type === "binary_operator" && node.children.length > 1) {
      if (this.text.slice(node.children[0]!.end, node.children[1]!.start).includes("-")) return true;
    }
    if (node.type === "function_definition" && this.textOf(child(node, "name") ?? node) === "__init__") return false;
    return node.children.some((each) => this.subtracts(each));
  }

  private textOf({ start, end }: SyntaxNode): string {
    return this.text.slice(start, end);
  }
}

function normBase({ bases }: ClassDefinition): NormClass | undefined {
  return thingsOf(bases).find((thing) => thing.is === "norm class");
}
