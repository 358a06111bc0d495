import path from "node:path";
import { defineConfig } from "vitest/config";

/** For what hangs: what is waited for takes moments, and a busy machine takes its time. */
const poll = { timeout: 60_000, interval: 100 };
const alias = { "@": path.resolve(import.meta.dirname, "src") };

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      { resolve: { alias }, oxc: { jsx: { runtime: "automatic" } }, test: { name: "unit", include: ["tests/unit/**/*.test.{ts,tsx}"], testTimeout: 15_000 } },
      {
        resolve: { alias },
        test: { name: "browser", include: ["tests/browser/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false, expect: { poll } },
      },
      { resolve: { alias }, test: { name: "bench", include: ["tests/bench/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
      { resolve: { alias }, test: { name: "day", include: ["tests/e2e/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 240_000, fileParallelism: false, expect: { poll } } },
    ],
  },
});
