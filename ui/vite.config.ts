import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Builds the control room into `dist/ui`: from there the admin door serves it, and the package takes it along. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative, so that it also works behind a proxy that puts it below a path.
  base: "./",
  build: {
    outDir: fileURLToPath(new URL("../dist/ui", import.meta.url)),
    emptyOutDir: true,
    target: ["es2023", "chrome125", "firefox125", "safari17.5"],
    // The page's policy allows neither scripts nor pictures that stand in the text.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What others wrote and we pass on comes with its terms.
    license: { fileName: "licenses.md" },
  },
});
