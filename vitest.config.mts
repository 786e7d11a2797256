import { defineConfig } from "vitest/config";
import { bundlePage } from "./scripts/page.mjs";

export default defineConfig({
  define: { NORMLENS_PAGE: JSON.stringify(await bundlePage()) },
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/closing-line.ts"],
    testTimeout: 60_000,
  },
});
