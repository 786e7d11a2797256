import js from "@eslint/js";
import globals from "./scripts/globals.mjs";
import tseslint from "typescript-eslint";

/** A room of src may import only the rooms listed for it: shared < analysis < engine < cli; export reads shared. */
const rooms = {
  shared: [],
  analysis: ["shared"],
  engine: ["shared", "analysis"],
  export: ["shared"],
  cli: ["shared", "engine", "export"],
};

const importsRunOneWay = Object.entries(rooms).map(([room, allowed]) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: Object.keys(rooms)
          .filter((other) => other !== room && !allowed.includes(other))
          .map((other) => ({ group: [`**/${other}/**`], message: `src/${room} does not import src/${other}.` })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "demo-output/", "bench/cache/", "media/"] },
  js.configs.recommended,
  { files: ["**/*.mjs"], languageOptions: { globals } },
  {
    files: ["**/*.ts"],
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
  ...importsRunOneWay,
);
