import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // What takes minutes by its nature has a command of its own, `npm run soak`.
    exclude: [...configDefaults.exclude, "test/soak/**"],
    globalSetup: "test/tools/build.ts",
    // Real servers and processes take a while on a small machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    restoreMocks: true,
    pool: "forks",
    // Most tests wait for programs that they have started, so two at a time are not slower each on two cores.
    maxWorkers: 2,
  },
});
