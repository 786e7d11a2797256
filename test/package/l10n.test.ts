import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { problemsOf, stringsOf } from "../../scripts/strings.mjs";

describe("the strings of the product", () => {
  it("are all in the bundle and in every translation, with the same placeholders", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/l10n.mjs", "--check"], { encoding: "utf8" });
    expect(stdout + stderr).toBe("");
    expect(status).toBe(0);
  });
});

describe("the strings of a source", () => {
  it("are first arguments of l10n.t, and of t where @vscode/l10n is imported", () => {
    expect(stringsOf("a.ts", `import { l10n } from "vscode"; l10n.t("one {0}", 1); t("not ours");`).strings).toEqual(["one {0}"]);
    expect(stringsOf("b.tsx", `import { t } from "@vscode/l10n"; const a = <p title={t("two")}>{t("three")}</p>; o.t("not ours");`).strings).toEqual(["two", "three"]);
  });

  it("may be sums and one of two", () => {
    expect(stringsOf("a.ts", 'l10n.t("a " + "b"); l10n.t(n === 1 ? "c" : "d");').strings).toEqual(["a b", "c", "d"]);
  });

  it("are reported with their place where only a run can tell them", () => {
    expect(stringsOf("a.ts", "\nl10n.t(text);\nl10n.t(`a ${b}`);")).toEqual({ strings: [], unknown: ["a.ts:2: l10n.t(text)", "a.ts:3: l10n.t(`a ${b}`)"] });
  });
});

describe("a translation", () => {
  it("has every string of its source, and none beside", () => {
    expect(problemsOf({ a: "a", b: "b" }, { b: "B", c: "C" })).toEqual(['missing: "a": "a"', 'no longer used: "c"']);
  });

  it("keeps placeholders, icons, commands and settings, in any order", () => {
    expect(problemsOf({ a: "{0} of {1} $(check)" }, { a: "$(check) {1}: {0}" })).toEqual([]);
    for (const text of ["{0} von {0} $(check)", "{0} von {1}", "{0} von {1} $(x)"]) expect(problemsOf({ a: "{0} of {1} $(check)" }, { a: text })).toHaveLength(1);
    expect(problemsOf({ a: "[Go](command:normlens.go) #normlens.x#" }, { a: "[Los](command:normlens.los) #normlens.x#" })).toHaveLength(1);
  });
});
