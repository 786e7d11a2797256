import type { NormRole } from "./norm";

/** Name of a role's colour among those that package.json contributes to VS Code's themes: `normlens.roles.postAttention`. */
export function roleColor(role: NormRole): string {
  return `normlens.roles.${role.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}`;
}
