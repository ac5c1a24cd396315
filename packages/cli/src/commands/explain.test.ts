import { kinds, problemCodes } from "@isthmus/core";
import { expect, test } from "vitest";
import { runCli } from "../testing/runCli.ts";

test.each(Object.keys(problemCodes))("%s is explained by its section and no other", async (code) => {
  const run = await runCli("/", ["explain", code]);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toContain(code);
  expect(run.stdout.split("\n").filter((line) => Object.hasOwn(problemCodes, line))).toEqual([code]);
  expect(Math.max(...run.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("a code is found in any case", async () => {
  const lower = await runCli("/", ["explain", "gateway_no_address"]);
  const upper = await runCli("/", ["explain", "GATEWAY_NO_ADDRESS"]);

  expect(lower).toEqual(upper);
});

test("without a code all are listed", async () => {
  const run = await runCli("/", ["explain"]);

  expect(run.stdout.match(/^[A-Z]\S+/gm)).toEqual(["CODE", ...Object.keys(problemCodes)]);
});

test("what is not a code is refused", async () => {
  const run = await runCli("/", ["explain", "toString"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("toString is not a problem code") });
});

test("a slip in a code is answered with the one that was meant, and several codes are explained at once", async () => {
  const slip = await runCli("/", ["explain", "GATEWAY_NO_ADRESS"]);
  const both = await runCli("/", ["explain", "GATEWAY_NO_ADDRESS", "MASS_DELETE"]);

  expect(slip).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean GATEWAY_NO_ADDRESS?") });
  expect(both.stdout).toMatch(/^GATEWAY_NO_ADDRESS$[\s\S]*^MASS_DELETE$/m);
});

test("a field of a declaration is explained with what is below it, as kubectl does, in any case and in the plural", async () => {
  const run = await runCli("/", ["explain", "SharedService.spec.consumers"]);

  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toMatch(/^SharedService\.spec\.consumers$/m);
  expect(run.stdout).toMatch(/^clusters .*required: Consuming clusters/m);
  expect(await runCli("/", ["explain", "sharedservices.spec.consumers"])).toEqual(run);
  expect(await runCli("/", ["explain", "meshes"])).toEqual(await runCli("/", ["explain", "Mesh"]));
});

test.each(kinds)("%s is explained as a whole", async (kind) => {
  const run = await runCli("/", ["explain", kind]);

  expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^spec /m) });
});

test("a slip in a field is answered with the one that was meant", async () => {
  const run = await runCli("/", ["explain", "SharedService.spec.trafic"]);

  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean traffic?") });
});
