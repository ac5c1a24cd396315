import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * esbuild takes all that an `index.ts` names to be needed by whatever imports from it, so that `plan` would load the libraries of
 * `ca`. With this each import goes to the file that exports the name; ours have no side effects.
 */
export function pastIndexes(packages) {
  const indexes = new Map();
  return {
    name: "past-indexes",
    setup(esbuild) {
      esbuild.onLoad({ filter: /packages[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replace(
          /^import \{([^}]*)\} from "([^"]+)";$/gm,
          (statement, names, specifier) => {
            const index = indexOf(specifier, path, packages);
            return index === undefined ? statement : directly(names, index);
          },
        ),
        loader: "ts",
      }));
    },
  };

  function directly(names, index) {
    return namesIn(names)
      .map(({ name, as }) => {
        const { file, name: exported } = originOf(index, name);
        return `import { ${exported} as ${as} } from ${JSON.stringify(file)};`;
      })
      .join(" ");
  }

  /** The file behind an index that declares a name. */
  function originOf(index, name) {
    if (!indexes.has(index)) indexes.set(index, exportsOf(index));
    const found = indexes.get(index).get(name);
    if (found === undefined) throw new Error(`${index} does not export ${name}`);
    return isIndex(found.file) ? originOf(found.file, found.name) : found;
  }
}

function exportsOf(index) {
  const statements = readFileSync(index, "utf8").matchAll(/^export \{([^}]*)\} from "([^"]+)";$/gm);
  return new Map(
    [...statements].flatMap(([, names, specifier]) =>
      namesIn(names).map(({ name, as }) => [as, { name, file: resolve(dirname(index), specifier) }]),
    ),
  );
}

/** Values only: types leave nothing behind. */
function namesIn(names) {
  return names
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "" && !each.startsWith("type "))
    .map((each) => {
      const [name, as = name] = each.split(" as ");
      return { name, as };
    });
}

function indexOf(specifier, importer, packages) {
  const [, name, topic = ""] = /^@isthmus\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  const path =
    name === undefined ? resolve(dirname(importer), specifier) : join(packages, name, "src", topic, "index.ts");
  return isIndex(path) && existsSync(path) ? path : undefined;
}

function isIndex(path) {
  return /[\\/]index\.ts$/.test(path);
}
