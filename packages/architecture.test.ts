import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { preProcessFile } from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** docs/architecture.md. Nobody may depend on a package that is not listed: a new one gets its line here first. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  pki: ["core"],
  kube: ["core"],
  engine: ["core", "kube", "pki"],
  controller: ["core", "engine", "kube"],
  cli: ["controller", "core", "engine", "kube", "pki"],
  testkit: ["core", "kube"],
};

const packages = readdirSync(join(root, "packages"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
}

/** Each import of a package's sources, tests and what they have in common aside: [file, what is imported]. */
function importsOf(name: string): readonly (readonly [string, string])[] {
  const folder = join(root, "packages", name, "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("testing/"))
    .flatMap((file) =>
      preProcessFile(readFileSync(join(folder, file), "utf8")).importedFiles.map(
        ({ fileName }) => [file, fileName] as const,
      ),
    );
}

test("every package is in the dependency rule", () => {
  expect(packages.toSorted()).toEqual(Object.keys(mayImport).toSorted());
});

test.each(Object.entries(mayImport))("%s depends on no package of ours but %j", (name, allowed) => {
  const { dependencies = {}, devDependencies = {} } = manifestOf(name);
  const ours = Object.keys({ ...dependencies, ...devDependencies }).filter((each) => each.startsWith("@isthmus/"));

  expect(ours.filter((each) => !allowed.includes(each.replace("@isthmus/", "")))).toEqual([]);
});

test.each(packages)("%s is private, and nobody imports the inside of what ships", (name) => {
  const { name: fullName, private: isPrivate, exports } = manifestOf(name);

  expect({ fullName, isPrivate }).toEqual({ fullName: `@isthmus/${name}`, isPrivate: true });
  // Test suites import vitest, so testkit keeps them out of its main entry.
  const entries = typeof exports === "object" ? Object.values(exports ?? {}) : [exports];
  if (name !== "testkit") {
    expect(entries.filter((each) => !/^\.\/src\/(\w+\/)?index\.ts$/.test(each))).toEqual([]);
  }
});

test.each(packages)(
  "%s imports of ours what its manifest lists, by the entry, and only its own files by path",
  (name) => {
    const { dependencies = {} } = manifestOf(name);
    const depth = (file: string) => file.split("/").length;

    const stray = importsOf(name).filter(([file, imported]) => {
      if (imported.startsWith("@isthmus/")) return dependencies[imported.split("/", 2).join("/")] === undefined;
      return (imported.match(/\.\.\//g) ?? []).length > depth(file);
    });

    expect(stray).toEqual([]);
  },
);

test("core imports nothing of Node", () => {
  const { dependencies = {} } = manifestOf("core");
  const foreign = importsOf("core").filter(
    ([, imported]) =>
      !imported.startsWith(".") &&
      dependencies[imported.split("/", imported.startsWith("@") ? 2 : 1).join("/")] === undefined,
  );

  expect(importsOf("core").length).toBeGreaterThan(50);
  expect(foreign).toEqual([]);
});

test.each(packages)(
  "%s sets no timeout that Node 20 may collect as garbage before it comes (nodejs/node#54614)",
  (name) => {
    const folder = join(root, "packages", name, "src");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      /(?<!\.test)\.ts$/.test(file),
    );

    expect(files.filter((file) => readFileSync(join(folder, file), "utf8").includes("AbortSignal.timeout("))).toEqual(
      [],
    );
  },
);

test("core's own compiler settings know neither Node nor a browser", () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const output = execFileSync(process.execPath, [tsc, "-p", "packages/core", "--showConfig"], {
    cwd: root,
    encoding: "utf8",
  });

  const { compilerOptions, files } = JSON.parse(output);
  expect(compilerOptions).toMatchObject({ lib: ["es2023"], types: [], strict: true });
  expect(files.filter((file: string) => !file.startsWith("./src/") || file.endsWith(".test.ts"))).toEqual([]);
});

test("inside core, model, kinds and problem know none of the steps, and the steps not each other", () => {
  const steps = ["compile", "plan", "trace", "check"];
  const bound = [...steps, "model", "kinds", "istio"];
  const folderOf = (path: string) => path.split("/")[0] ?? "";

  const crossings = importsOf("core").filter(([file, imported]) => {
    const to = folderOf(join(file, "..", imported));
    return bound.includes(folderOf(file)) && steps.includes(to) && to !== folderOf(file);
  });

  expect(crossings).toEqual([]);
});

/** Between the folders beside each other at one place: `istio/scope` imports of `istio/registry`. */
function folderImports(name: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [file, imported] of importsOf(name)) {
    if (!imported.startsWith(".")) continue;
    const from = file.split("/").slice(0, -1);
    const to = join(file, "..", imported).split("/").slice(0, -1);
    const common = from.findIndex((folder, index) => folder !== to[index]);
    // One lies within the other.
    if (common < 0 || to[common] === undefined) continue;
    const [importer, target] = [from, to].map((path) => path.slice(0, common + 1).join("/")) as [string, string];
    found.set(importer, (found.get(importer) ?? new Set()).add(target));
  }
  return found;
}

/** All folders that a folder imports of, and those that these import of. */
function reachable(from: string, imports: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [from];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const next of imports.get(folder) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return seen;
}

test.each(packages)("no two folders of %s import each other, nor around a circle", (name) => {
  const imports = folderImports(name);

  expect([...imports.keys()].filter((folder) => reachable(folder, imports).has(folder))).toEqual([]);
});

/** Each import and export by name of a file of ours, tests with them: [file, names, what is imported], from the root. */
function namedImports(): readonly (readonly [string, readonly string[], string])[] {
  return ["packages", "bench", "lab/src", "lab/test", "scripts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.includes("node_modules"))
      .flatMap((name) => {
        const file = join(folder, name);
        const found = readFileSync(join(root, file), "utf8").matchAll(/^(?:im|ex)port [^;]*?from "([^"]+)";/gm);
        return [...found].map(([line, from = ""]) => {
          const names = /\{([^}]*)\}/.exec(line)?.[1] ?? "";
          const split = names.split(",").map(
            (each) =>
              each
                .trim()
                .replace(/^type /, "")
                .split(" as ")[0] ?? "",
          );
          return [file, split.filter((each) => each !== ""), targetOf(file, from)] as const;
        });
      }),
  );
}

/** `@isthmus/core/trace` is the file that the manifest gives for it. */
function targetOf(file: string, from: string): string {
  if (!from.startsWith("@isthmus/core")) return from.startsWith(".") ? join(file, "..", from) : from;
  const topic = from.slice("@isthmus/core".length + 1);
  return join("packages/core/src", topic, "index.ts");
}

/** `packages/core/src/istio/policy/caller.ts` is in the layer istio; what lies beside the layers is its own face. */
function layerOf(file: string): string | undefined {
  return /^packages\/core\/src\/(\w+)\//.exec(file)?.[1];
}

const imported = namedImports();
const faces = imported.filter(([file]) => file.startsWith("packages/core/src/") && file.endsWith("/index.ts"));

test("no file imports another layer's inner file of core but through a face", () => {
  const around = imported.filter(
    ([file, , target]) =>
      layerOf(target) !== undefined &&
      layerOf(target) !== layerOf(file) &&
      !target.endsWith("/index.ts") &&
      file !== "packages/core/src/index.ts",
  );

  expect(imported.length).toBeGreaterThan(2000);
  expect(around.map(([file, , target]) => `${file}: ${target}`)).toEqual([]);
});

test("a face has names that somebody outside of its layer imports, and no others", () => {
  const asked = new Map<string, Set<string>>();
  for (const [file, names, target] of imported) {
    if (layerOf(file) === layerOf(target) && layerOf(file) !== undefined) continue;
    if (target.endsWith("src/index.ts") && file.startsWith("packages/core/src/")) continue;
    for (const name of names) asked.set(target, (asked.get(target) ?? new Set()).add(name));
  }
  const unused = faces.flatMap(([file, names]) => names.filter((each) => asked.get(file)?.has(each) !== true));

  expect(faces.length).toBeGreaterThan(100);
  expect(unused).toEqual([]);
});

test("each topic of core is the face of a layer", () => {
  const { exports } = manifestOf("core");

  const topics = Object.entries(exports as Readonly<Record<string, string>>).filter(([topic]) => topic !== ".");
  expect(topics.filter(([topic, file]) => file !== `./src/${topic.slice(2)}/index.ts`)).toEqual([]);
});

test("a newcomer finds what decides in at most three steps", () => {
  const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
  const [, section = ""] = page.split("## A newcomer's test");
  const rows = [...(section.split("## ")[0]?.matchAll(/^\| (.+) \| (`.+`) \|$/gm) ?? [])].map(
    ([, what = "", where = ""]) => ({
      what,
      steps: where.split(" → ").map((step) => step.replaceAll("`", "")),
    }),
  );

  expect(rows.map(({ what }) => what)).toEqual([
    "the SNI",
    "whether a policy denies",
    "the order of writes",
    "what a new kind needs",
  ]);
  expect(rows.filter(({ steps }) => steps.length > 3)).toEqual([]);
  expect(rows.filter(({ steps }) => !existsSync(join(root, "packages/core/src", ...steps)))).toEqual([]);
});

test.each(["core", "engine"])("the README of %s leads to files that are there", (name) => {
  const folder = join(root, "packages", name);
  const paths = [...readFileSync(join(folder, "README.md"), "utf8").matchAll(/`(src\/[^`]+)`/g)].map(
    ([, path = ""]) => path,
  );

  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
});
