import type { Value } from "../graph";
import type { NormMatch } from "./match";
import { parameterName, scopeName } from "./norm-name";
import type { GraphView } from "./view";

/** A norm that needs a name. */
export interface UnnamedNorm {
  readonly match: NormMatch;
  /** Name of the node that gives the normalised value. */
  readonly node: string;
  /** The initializer that its gain comes from. */
  readonly weight?: Value;
}

/** A name of its own for each layer, and what it was told by; absent where it was made up. */
export interface NormName {
  readonly name: string;
  readonly told?: string;
}

/**
 * The names of norms. Norms that share their parameters are one layer that runs several times, and have one name; different layers that
 * would be called the same are numbered. Exporters merge equal tensors, as the gains of an untrained model: such norms are told apart
 * by the scopes of their nodes, and where there are none, are counted apart.
 */
export function namesOf(view: GraphView, norms: readonly UnnamedNorm[]): NormName[] {
  const sharers = new Map<Value, UnnamedNorm[]>();
  for (const norm of norms) if (norm.weight !== undefined) sharers.set(norm.weight, [...(sharers.get(norm.weight) ?? []), norm]);
  const taken = new Taken();
  return norms.map((norm) => {
    const sharing = sharers.get(norm.weight ?? "") ?? [];
    const scopes = new Set(sharing.map(({ node }) => scopeName(node)));
    const isMerged = sharing.length > 1 && isUniform(view, norm.weight!);
    const scope = scopeName(norm.node);
    const ofParameter = isMerged || (scopes.size > 1 && scope !== undefined) ? undefined : parameterName(norm.weight);
    const told = ofParameter ?? scope;
    return { name: taken.nameFor(told, ownerOf(norm, isMerged, scope)), ...(told !== undefined && { told }) };
  });
}

/** What makes a layer: its parameters and what it does with them; a norm without a gain is one by itself. */
function ownerOf({ match, weight }: UnnamedNorm, isMerged: boolean, scope: string | undefined): string {
  if (weight === undefined || (isMerged && scope === undefined)) return match.output;
  return JSON.stringify([weight, match.bias, match.kind, Math.fround(match.eps), match.over, isMerged ? scope : ""]);
}

function isUniform({ constants }: GraphView, weight: Value): boolean {
  const data = constants.inline(weight)?.data;
  return data !== undefined && data.every((value) => value === data[0]);
}

/** Names that are taken, each by one layer. */
class Taken {
  private readonly owners = new Map<string, string>();
  private readonly names = new Map<string, string>();
  private unnamed = 0;

  nameFor(told: string | undefined, owner: string): string {
    const known = this.names.get(owner);
    if (known !== undefined) return known;
    const name = this.free(told ?? `norm_${(this.unnamed += 1)}`);
    this.owners.set(name, owner);
    this.names.set(owner, name);
    return name;
  }

  private free(wanted: string): string {
    if (!this.owners.has(wanted)) return wanted;
    for (let number = 2; ; number++) if (!this.owners.has(`${wanted}_${number}`)) return `${wanted}_${number}`;
  }
}
