import { defineConfig } from "vitest/config";

/** What takes minutes by its nature: `npm run soak`. */
export default defineConfig({
  test: {
    include: ["test/soak/**/*.test.ts"],
    globalSetup: "test/tools/build.ts",
    teardownTimeout: 10_000,
    pool: "forks",
  },
});
