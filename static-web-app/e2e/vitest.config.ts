import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

/** In a real browser against a real stack; started by tests/e2e/test_web_app.py, which says where both are. */
export default defineConfig({
  root: resolve(import.meta.dirname, ".."),
  test: {
    include: ["e2e/*.spec.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    maxWorkers: 1,
  },
});
