import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { bundlePage } from "./scripts/page.mjs";

export default defineConfig({
  define: { NORMLENS_PAGE: JSON.stringify(await bundlePage()) },
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/closing-line.ts"],
    testTimeout: 60_000,
    // What engines proved is remembered, but not among what the user's own runs remember.
    // Tests that load onnxruntime by themselves, too, have it report nothing.
    env: { NORMLENS_CACHE: join(import.meta.dirname, "dist-test/cache"), ORT_DISABLE_TELEMETRY: "1" },
  },
});
