import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import { combinations } from "./trace/combinations.ts";
import { compare } from "./trace/compare.ts";
import { judge } from "./trace/judge.ts";
import { type Outside, startOutside } from "./trace/outside.ts";
import { type Cell, isTraced, sampleCells } from "./trace/sampledCells.ts";
import { createSlots } from "./trace/traceMesh.ts";

/** Who reaches what, in meshes of random faults, is what calls find: a cell is one caller with one request. */

const slots = 6;
/** `REACH_MESHES=60` is the long form; each mesh is of five little ones. */
const meshes = Number(process.env.REACH_MESHES ?? 4);
const cellsOfMesh = 25;
let home: string;
let lab: Lab;
let outside: Outside;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-reach-"));
  lab = await startLab({ home, clusters: 2 });
  outside = await startOutside(lab, home);
  await createSlots(lab, outside, slots);
});

afterAll(async () => {
  await outside?.[Symbol.asyncDispose]();
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

test("every cell of who reaches what is what a call finds", { timeout: 120_000 + meshes * 30_000 }, async () => {
  const cells: Cell[] = [];
  const judgement = await judge(
    { lab, outside, slots },
    () => combinations(meshes * (slots - 1), 7),
    (world, wave) => {
      const sampled = sampleCells(world, wave, { count: cellsOfMesh, seed: cells.length });
      cells.push(...[...sampled.values()].flat());
      return (placed) => (sampled.get(placed) ?? []).map(({ call }) => call);
    },
  );
  const { figures, disagreeing } = await compare(lab, judgement);
  console.info("cells", JSON.stringify(figures));

  expect(disagreeing.join("\n\n")).toBe("");
  expect(cells.filter((cell) => !isTraced(cell))).toEqual([]);
  expect(figures.calls).toBe(meshes * cellsOfMesh);
  expect(figures.unknown).toBe(0);
});
