import { defineConfig } from "vitest/config";
import type { Reporter } from "vitest/node";

/** The closing line that readers of CI logs know; a file that fails to load has no tests, so its errors count. */
const plainSummary: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) counts[test.result().state]++;
    }
    console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  },
};

export default defineConfig({
  test: {
    include: ["{packages,apps}/*/{src,test}/**/*.test.ts", "tools/**/*.test.ts"],
    reporters: ["default", plainSummary],
    testTimeout: 120_000,
    pool: "threads",
  },
});
