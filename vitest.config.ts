import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "test/tools/global-setup.ts",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // Real servers and processes take a while on a small machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    restoreMocks: true,
    pool: "forks",
  },
});
