import { expect, test } from "vitest";
import { whyExposed } from "./keyFiles.ts";

const file = (uid: number, mode: number) => ({ uid, mode: 0o100000 | mode });

test("a key file is its owner's alone: ours, or root's, who may read everything anyway", () => {
  expect(whyExposed(file(1000, 0o600), 0o077, 1000)).toBeUndefined();
  expect(whyExposed(file(0, 0o600), 0o077, 1000)).toBeUndefined();
  expect(whyExposed(file(1001, 0o600), 0o077, 1000)).toEqual({
    why: "its owner is user 1001, not 1000",
    remedy: "chown 1000",
  });
  expect(whyExposed(file(1001, 0o600), 0o077, 0)).toMatchObject({ remedy: "chown 0" });
});

test("modes count as far as they are forbidden", () => {
  expect(whyExposed(file(1000, 0o640), 0o077, 1000)).toEqual({ why: "mode 640", remedy: "chmod 600" });
  expect(whyExposed(file(1000, 0o755), 0o022, 1000)).toBeUndefined();
  expect(whyExposed(file(1000, 0o775), 0o022, 1000)).toEqual({ why: "mode 775", remedy: "chmod go-w" });
});
