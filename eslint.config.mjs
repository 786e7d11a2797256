import js from "@eslint/js";
import globals from "./scripts/globals.mjs";
import tseslint from "typescript-eslint";

/** A room of src may import only the rooms listed for it: shared < analysis < engine < cli; the extension talks to the engine's process. */
const rooms = {
  shared: [],
  analysis: ["shared"],
  engine: ["shared", "analysis"],
  export: ["shared"],
  source: ["shared"],
  cli: ["shared", "engine", "export"],
  extension: ["shared", "export", "source"],
};

/** Only the extension knows VS Code. */
const noEditor = { name: "vscode", message: "Only src/extension imports vscode." };

const importsRunOneWay = Object.entries(rooms).map(([room, allowed]) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        paths: room === "extension" ? [] : [noEditor],
        patterns: Object.keys(rooms)
          .filter((other) => other !== room && !allowed.includes(other))
          .map((other) => ({ group: [`**/${other}/**`], message: `src/${room} does not import src/${other}.` })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "demo-output/", "dist-test/", "dist-vsix/", "bench/cache/", "media/"] },
  js.configs.recommended,
  { files: ["**/*.mjs"], languageOptions: { globals } },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Typed-array elements inside checked bounds: the numeric loops would drown in guards that can't fail.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/prefer-for-of": "off",
      "no-console": "error",
    },
  },
  { files: ["src/cli/**/*.ts"], rules: { "no-console": "off" } },
  // VS Code types what is any object with dispose() as a class.
  { files: ["src/extension/**/*.ts"], rules: { "@typescript-eslint/no-unsafe-class-instance-assignment": "off" } },
  ...importsRunOneWay,
  {
    files: ["webview/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { paths: [noEditor], patterns: [{ group: ["**/engine/**", "**/cli/**", "**/extension/**", "**/export/**", "**/source/**"], message: "The page imports src/shared and src/analysis only." }] },
      ],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/engine/runtime/onnxruntime/binding.ts"],
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { paths: [{ name: "onnxruntime-node", allowTypeImports: true, message: "Import it from onnxruntime/binding, which keeps it from reporting to its maker." }] }] },
  },
);
