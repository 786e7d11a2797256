// What the user reads: the strings of the sources, and what their translations lack.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/**
 * Every string that the extension and the page hand to l10n, in alphabetical order, and the calls whose string is made only as they run:
 * no bundle can hold those.
 */
export function stringsOfSources(root) {
  const files = ["src/extension", "webview"].flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file))).filter((file) => /\.tsx?$/.test(file));
  const found = files.map((file) => stringsOf(file, readFileSync(join(root, file), "utf8")));
  return { strings: [...new Set(found.flatMap(({ strings }) => strings))].sort(), unknown: found.flatMap(({ unknown }) => unknown) };
}

/** The strings of one source: first arguments of l10n.t(), which is VS Code's, and of t(), which is @vscode/l10n's. */
export function stringsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const byName = /import \{[^}]*\bt\b[^}]*\} from "@vscode\/l10n"/.test(text);
  const strings = [];
  const unknown = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && (node.expression.getText() === "l10n.t" || (byName && node.expression.getText() === "t"))) {
      const found = literals(node.arguments[0]);
      strings.push(...found);
      if (found.length === 0) unknown.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.getText()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { strings, unknown };
}

/** What an argument can be: a string, a sum of strings, or one of two. Empty where only a run can tell. */
function literals(node) {
  if (node === undefined) return [];
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return literals(node.expression);
  if (ts.isConditionalExpression(node)) {
    const [yes, no] = [literals(node.whenTrue), literals(node.whenFalse)];
    return yes.length > 0 && no.length > 0 ? [...yes, ...no] : [];
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) return literals(node.left).flatMap((left) => literals(node.right).map((right) => left + right));
  return [];
}

/** One line for everything that keeps a translation from standing for its source. Both map a key to a text; a bundle's key is the text itself. */
export function problemsOf(source, translation) {
  const keys = Object.keys(source);
  const missing = keys.filter((key) => !(key in translation)).map((key) => `missing: ${JSON.stringify(key)}: ${JSON.stringify(source[key])}`);
  const unused = Object.keys(translation).filter((key) => !(key in source)).map((key) => `no longer used: ${JSON.stringify(key)}`);
  const changed = keys.filter((key) => key in translation && fixedParts(source[key]) !== fixedParts(translation[key])).map((key) => `placeholders or links differ: ${JSON.stringify(source[key])}: ${JSON.stringify(translation[key])}`);
  return [...missing, ...unused, ...changed];
}

/** What a translation must keep: placeholders, icons, commands and settings. */
function fixedParts(text) {
  return (text.match(/\{\w+\}|\$\([\w-]+\)|command:[\w.]+|#[\w.]+#/g) ?? []).sort().join(" ");
}
