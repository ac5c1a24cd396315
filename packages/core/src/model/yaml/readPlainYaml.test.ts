import fc from "fast-check";
import { expect, test } from "vitest";
import { offsetAt } from "./offsetAt.ts";
import { readByTree, readDocuments, type SourceDocument } from "./readDocuments.ts";
import { readPlainYaml } from "./readPlainYaml.ts";

const declaration = `# What is shared
apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: httpbin, namespace: bar}
spec:
  servedBy: [cluster2, 'cluster 3']  # twice
  ports:
  - 80
  -   name: "a: b"
      on: true

      until:
  consumers:
    - clusters:
        - cluster1
      path: http://10.0.0.1:80/a?b
`.replace("?b", "");

test("a declaration as it is mostly written is read without the library", () => {
  expect(readPlainYaml(`---\n${declaration}---\n# nothing\n---\na: {}\n`)?.map(({ value }) => value)).toEqual([
    {
      apiVersion: "isthmus.io/v1alpha1",
      kind: "SharedService",
      metadata: { name: "httpbin", namespace: "bar" },
      spec: {
        servedBy: ["cluster2", "cluster 3"],
        ports: [80, { name: "a: b", on: true, until: null }],
        consumers: [{ clusters: ["cluster1"], path: "http://10.0.0.1:80/a" }],
      },
    },
    { a: {} },
  ]);
});

test.each([
  ...["a: &x b", "a: *x", "a: !t b", "a: |\n  b", "a: >\n  b", "a: b\n  c", "? a", "<<: {}", "a: 'b''c'", 'a: "\\n"'],
  ...["a: 1\na: 2", "__proto__: 1", "null: 1", "a: [b,\n  c]", "a:\tb", "a: b\r\nc: d", "{a: b}", "b", "...\na: b"],
  ...[
    "a: 1.5",
    "a: 0x1",
    "a: 017",
    "a: 1e3",
    "a: -1",
    "a: True",
    "a: ~",
    "a: b: c",
    "- a\nb: c",
    "a:\n   b: 1\n  c: 2",
  ],
  ...["%YAML 1.2\n---\na: b", "--- a: b", "a: [b, ]", "a: [b c]", "a: {b}", "  a: b", `a:\n${"- ".repeat(300)}b`],
  ...[
    `${"a".repeat(1100)}: b`,
    `a: ${"[".repeat(60)}`,
    "a: caf\uFFFD",
    "a: b\u2028c",
    "a: 'b # c'",
    "a: 9999999999999999",
  ],
])("%j is the library's", (text) => {
  expect(readPlainYaml(`${text}\n`)).toBeUndefined();
});

/** All that a document is, with the place of each of its values and keys. */
function shown(document: SourceDocument) {
  const { file, root, start, value, place, problems } = document;
  const places = pathsIn(value, []).flatMap((path) => [
    place(offsetAt(root, path)),
    place(offsetAt(root, path, "key")),
  ]);
  return { file, text: JSON.stringify(value), value, start: place(start), places, problems };
}

function pathsIn(value: unknown, path: readonly (string | number)[]): readonly (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, item]) => pathsIn(item, [...path, key]))];
}

const scraps = fc.constantFrom(
  ...["a", "b: ", "c:", "- ", "-", " ", "  ", "    ", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "\n---\n", "---\n"],
  ...[
    "[",
    "]",
    "{",
    "}",
    ", ",
    ",",
    ": ",
    ":",
    "#",
    " #",
    " # x",
    "'",
    '"',
    "'x y'",
    '"x: y"',
    "[a, b]",
    "{a: b, c: 1}",
  ],
  ...["0", "12", "1.5", "0x1f", "0o7", "1e5", ".5", "+1", "-1", "1.2.3", "10.0.0.1/8", "5s", "12:30", "2026-01-01"],
  ...["true", "True", "false", "null", "Null", "~", "yes", "on", ".inf", ".nan", "<<", "__proto__", "toString", "="],
  ...[
    "http://x:80/y",
    "a b",
    "é",
    "\u00A0",
    "\t",
    "&a ",
    "*a",
    "! ",
    "|",
    ">",
    "%",
    "@",
    "`",
    "?",
    "? ",
    "\\",
    "(x)",
    "...",
  ],
);

test("what is read without the library is what the library reads, and stands where it says", () => {
  let plain = 0;
  const line = fc
    .tuple(
      fc.constantFrom("", "  ", "    ", "- ", "  - ", "   "),
      fc.constantFrom("a:", "b:", "c-d/e.f:", "a", "-", "null:", "x y:", ""),
      fc.constantFrom("", " "),
      fc.array(scraps, { maxLength: 2 }),
    )
    .map(([indent, key, space, rest]) => `${indent}${key}${space}${rest.join("")}`);
  const written = fc.oneof(
    fc.array(scraps, { maxLength: 14 }).map((pieces) => pieces.join("")),
    fc.array(line, { maxLength: 6 }).map((lines) => `${lines.join("\n")}\n`),
    fc.tuple(fc.nat(), scraps).map(([where, scrap]) => {
      const at = where % declaration.length;
      return declaration.slice(0, at) + scrap + declaration.slice(at);
    }),
  );
  fc.assert(
    fc.property(written, (text) => {
      const whole = text.startsWith("\uFEFF") ? text.slice(1) : text;
      if (readPlainYaml(whole) === undefined) return;
      plain += 1;
      const tree = readByTree("a.yaml", whole);
      const { documents, ...rest } = readDocuments({ name: "a.yaml", text });
      expect({ ...rest, documents: documents.map(shown) }).toEqual({ ...tree, documents: tree.documents.map(shown) });
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 3000) },
  );
  expect(plain).toBeGreaterThan(300);
});
