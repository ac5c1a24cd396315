// Bundles packages/cli into packages/cli/dist, or the folder given: a program without dependencies, and what else the npm
// package `isthmus` consists of.
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { pastIndexes } from "./pastIndexes.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, "packages/cli");
const dist = resolve(process.argv[2] ?? join(cli, "dist"));
const { version, engines, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Puts the files that src/assets.ts reads from the working tree into the bundle. */
const embedAssets = {
  name: "embed-assets",
  setup(esbuild) {
    esbuild.onLoad({ filter: /packages[\\/]cli[\\/]src[\\/]assets\.ts$/ }, () => {
      const page = readFileSync(join(root, "docs/problems.md"), "utf8");
      const files = readFolder(join(root, "examples/sleep-httpbin"));
      const contents = [
        `export async function readProblemsPage() { return ${JSON.stringify(page)}; }`,
        `export async function readDemoFiles() { return ${JSON.stringify(files)}; }`,
      ];
      return { contents: contents.join("\n"), loader: "js" };
    });
  },
};

/** zod brings its messages in 50 languages; ours are our own. */
const withoutLocales = {
  name: "without-locales",
  setup(esbuild) {
    esbuild.onLoad({ filter: /node_modules[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** undici's index loads all of it, and Node's own copy besides: fetch, caches, mocks. Calls of an API server need pools. */
const partsOfUndici = {
  name: "parts-of-undici",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^undici$/ }, ({ importer }) =>
      importer.startsWith(join(root, "packages")) ? { path: "undici", namespace: "parts" } : undefined,
    );
    esbuild.onLoad({ filter: /.*/, namespace: "parts" }, () => ({
      contents: `
        Object.assign(require("undici/lib/dispatcher/dispatcher").prototype, require("undici/lib/api"));
        exports.Pool = require("undici/lib/dispatcher/pool");
        exports.ProxyAgent = require("undici/lib/dispatcher/proxy-agent");
        exports.EnvHttpProxyAgent = require("undici/lib/dispatcher/env-http-proxy-agent");
        exports.buildConnector = require("undici/lib/core/connect");
        Object.defineProperty(exports, "WebSocket", { get: () => require("undici/lib/web/websocket/websocket").WebSocket });
      `,
      resolveDir: root,
    }));
  },
};

function readFolder(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.sort().map((file) => [relative(folder, file).replaceAll("\\", "/"), readFileSync(file, "utf8")]),
  );
}

mkdirSync(dist, { recursive: true });
rmSync(join(dist, "lib"), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { isthmus: join(cli, "src/bin.ts") },
  outdir: dist,
  bundle: true,
  platform: "node",
  target: "node20",
  // Each command is loaded when it runs: in one file V8 would read through all of it first, 80 ms for `--help`.
  format: "esm",
  splitting: true,
  chunkNames: "lib/[name]-[hash]",
  // What is CommonJS among the libraries asks for Node's modules by `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  minify: true,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
  plugins: [embedAssets, withoutLocales, partsOfUndici, pastIndexes(join(root, "packages"))],
});
// In an ES module `import()` of one has nothing but `default`, and Node from source has its names: a file of ours has to name them.
const withoutNames = Object.values(metafile.outputs).filter(
  ({ entryPoint }) => entryPoint !== undefined && metafile.inputs[entryPoint]?.format === "cjs",
);
if (withoutNames.length > 0) {
  throw new Error(`import() of CommonJS: ${withoutNames.map(({ entryPoint }) => entryPoint).join(", ")}`);
}
chmodSync(join(dist, "isthmus.js"), 0o755);

const manifest = {
  name: "isthmus",
  version,
  description: "Connects services across Kubernetes clusters that each run their own Istio, from one declaration",
  license,
  engines,
  type: "module",
  bin: { isthmus: "isthmus.js" },
  files: ["isthmus.js", "lib"],
};
writeFileSync(join(dist, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
copyFileSync(join(cli, "README.md"), join(dist, "README.md"));
copyFileSync(join(root, "LICENSE"), join(dist, "LICENSE"));
