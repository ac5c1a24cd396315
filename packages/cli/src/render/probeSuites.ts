import type { Probe } from "@isthmus/engine";
import type { TestCase, TestSuite } from "./junit.ts";
import { renderPath } from "./paths.ts";
import { createStyle } from "./style.ts";

const plain = createStyle(false);

/** A suite for each path. */
export function probeSuites(probes: readonly Probe[]): readonly TestSuite[] {
  const paths = [...new Set(probes.map(({ path }) => path))];
  return paths.map((path) => ({
    name: renderPath(path, plain),
    cases: probes.filter((probe) => probe.path === path).map(testCase),
  }));
}

function testCase({ kind, at, status, detail }: Probe): TestCase {
  const named = { name: at, classname: kind };
  switch (status) {
    case "ok":
      return { ...named, output: detail };
    case "broken":
      return { ...named, failure: { text: detail } };
    case "unknown":
      return { ...named, error: { text: detail } };
  }
}
