import { readdirSync, readFileSync } from "node:fs";
import { builtinModules, isBuiltin } from "node:module";
import { join } from "node:path";
import { build } from "vite";

/** Where wasmoon reads its WebAssembly from the disk. In the executable it lies inside. */
const READ_WASM = /(function \w+\(\w\)\{)(?=if\(\w+\)return \w+\(\w\);throw\s*"both async and sync fetching)/;

/** Makes `outrider.cjs` in a folder: the built command line with all libraries, in one file. */
export async function bundle(root, folder) {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    plugins: [libraries(root), lua(), requires()],
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: join(root, "dist", "cli.js"),
      outDir: folder,
      emptyOutDir: false,
      copyPublicDir: false,
      minify: false,
      target: "node20",
      rolldownOptions: {
        external: [...builtinModules, /^node:/],
        output: { format: "cjs", entryFileNames: "outrider.cjs", codeSplitting: false },
      },
    },
  });
}

/** Libraries that are loaded when they are first asked for, by names that a bundler cannot see, as a table. */
function libraries(root) {
  return {
    name: "libraries",
    enforce: "pre",
    load(id) {
      if (!id.endsWith("/dist/config/on-demand.js")) return undefined;
      const entries = onDemandNames(root).map((name) => `${JSON.stringify(name)}: () => require("${name}")`);
      return `const libraries = { ${entries.join(", ")} };\nexport const onDemand = (name) => libraries[name];\n`;
    },
  };
}

/** The names in `onDemand("…")` anywhere in our code. */
function onDemandNames(root) {
  const names = readdirSync(join(root, "dist"), { recursive: true })
    .filter((name) => name.endsWith(".js"))
    .flatMap((name) => [...readFileSync(join(root, "dist", name), "utf8").matchAll(/onDemand\("([^"]+)"\)/g)])
    .map(([, name]) => name);
  return [...new Set(names)].sort();
}

/** Lua's machine comes from inside the executable. */
function lua() {
  return {
    name: "lua",
    transform(code, id) {
      if (!id.endsWith("/wasmoon/dist/index.js")) return undefined;
      if (!READ_WASM.test(code))
        throw new Error("wasmoon reads its WebAssembly in another way: see READ_WASM");
      return code.replace(READ_WASM, '$1return new Uint8Array(require("node:sea").getRawAsset("lua.wasm"));');
    },
  };
}

/** The executable knows `require` of what is in Node, and no `import()`. */
function requires() {
  return {
    name: "requires",
    renderChunk(code) {
      return code.replace(/\bimport\("([^"]+)"\)/g, (_, name) => {
        if (!isBuiltin(name)) throw new Error(`the bundle would import "${name}", which is not inside`);
        return `Promise.resolve(require("${name}"))`;
      });
    },
  };
}
