import { t } from "@vscode/l10n";
import { printable } from "../../src/shared/format";
import { notAskedFor, type Replacement, type RoleCost } from "../../src/shared/replacement";
import { counted } from "../counted";
import { shortened } from "../names";
import { RoleMark } from "../role-mark";
import { costColumns } from "./cost-columns";
import { CostTable } from "./cost-table";

/** The layers of one role replaced together, and the norms that always stay. */
export function RoleCosts({ replacement: { measure, roles, kept } }: { readonly replacement: Replacement }) {
  const always = kept.filter(({ reason }) => reason !== notAskedFor);
  return (
    <section class="role-costs">
      <h2>{t("One role replaced")}</h2>
      <CostTable
        label={t("Cost of each role")}
        heading={t("role")}
        rows={roles}
        columns={costColumns<RoleCost>(measure)}
        keyOf={({ role }) => role}
        name={({ role, layers }) => <><RoleMark role={role} />{role} <small>{counted(layers, "layer")}</small></>}
      />
      {always.length > 0 && (
        <ul class="kept">
          {always.map(({ name, reason }) => <li key={name}>{t("{0} stays a norm: {1}", shortened(printable(name)), printable(reason))}</li>)}
        </ul>
      )}
    </section>
  );
}
