import { readdirSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { summarize } from "@isthmus/core/plan";
import { proofOfPaths } from "@isthmus/core/verify";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { planMesh } from "./app/planMesh.ts";
import { reconcile } from "./app/reconcile.ts";
import { readIntentFiles } from "./intentFiles.ts";

import { openTargets } from "./target/openTargets.ts";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));

/** Every example that users can copy, with what each cluster gets for it in testdata/<example>.golden.yaml. */
test.each(readdirSync(examples))(
  "examples/%s compiles to its golden objects, and once applied nothing is left to do and every path stands",
  async (name) => {
    const folder = await mkdtemp(join(tmpdir(), "isthmus-example-"));
    await cp(join(examples, name), folder, { recursive: true });
    const { intents, sources, problems: mistakes } = await readIntentFiles([folder], { cwd: folder });
    expect(mistakes).toEqual([]);
    if (intents === undefined) throw new Error("no intents and no problem");
    const targets = await openTargets(intents, { sources, cwd: folder });

    const first = await planMesh({ intents, targets });
    for await (const event of reconcile(first)) {
      expect(event.type).not.toBe("failed");
    }
    const second = await planMesh({ intents, targets });

    expect(first.problems).toEqual([]);
    const golden = [...first.compiled.desired].map(
      ([cluster, objects]) =>
        `# ${cluster}\n${objects.map((object) => stringify(object, { lineWidth: 0 })).join("---\n")}`,
    );
    await expect(golden.join("---\n")).toMatchFileSnapshot(`testdata/${name}.golden.yaml`);
    const { noop, ...changes } = summarize(second.plan);
    expect(changes).toEqual({ create: 0, update: 0, delete: 0 });
    expect(noop).toBe(summarize(first.plan).create);
    const faults = proofOfPaths(second).flatMap(({ path, verdict, hops, trace }) =>
      verdict === "ok" ? [] : [{ host: path.host, verdict, hops, blamed: trace.blamed }],
    );
    expect(faults).toEqual([]);
    await rm(folder, { recursive: true });
  },
);
