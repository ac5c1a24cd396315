import { expect, test } from "vitest";
import { noteAnnotations } from "../ca/certificateNote.ts";
import { readTrustNotes, rootsNotes, useNotes } from "./trustNotes.ts";

const validity = { notBefore: "2026-01-01T00:00:00.000Z", notAfter: "2028-01-01T00:00:00.000Z" };
const issued = noteAnnotations({ fingerprint: "f1", ...validity, root: "a", trusts: ["a"], names: [] });
const bundle = rootsNotes({ root: "a", trusts: ["b", "a"] }, 1000);

test("without a rotation everything has been as it is since ever", () => {
  expect(readTrustNotes(issued)).toEqual({
    ...validity,
    trust: { root: "a", trusts: ["a"] },
    rootsSince: 0,
    signerSince: 0,
  });
  expect(readTrustNotes({})).toEqual({ rootsSince: 0, signerSince: 0 });
});

test("a bundle that was written counts once it is noted that every istiod has it", () => {
  const written = readTrustNotes(bundle);

  const noted = readTrustNotes({ ...bundle, ...useNotes({ ...written, rootsSince: 3000 }) });

  expect(written.rootsSince).toBeUndefined();
  expect(noted).toEqual({
    trust: { root: "a", trusts: ["b", "a"] },
    rootsWritten: "1970-01-01T00:00:01.000Z",
    rootsSince: 3000,
    signerSince: 0,
  });
});

test("the note is void once another bundle, or the same one again, was written", () => {
  const noted = { ...bundle, ...useNotes({ ...readTrustNotes(bundle), rootsSince: 3000 }) };

  const again = readTrustNotes({ ...noted, ...rootsNotes({ root: "a", trusts: ["b", "a"] }, 5000) });
  const byOthers = readTrustNotes({ ...noted, ...issued });

  expect([again.rootsSince, byOthers.rootsSince]).toEqual([undefined, undefined]);
});

test("a signer counts once it is noted, and its renewal changes nothing", () => {
  const announced = useNotes({ ...readTrustNotes(issued), signerWritten: "b" });
  const signed = {
    ...announced,
    ...noteAnnotations({ fingerprint: "f2", ...validity, root: "b", trusts: ["b", "a"], names: [] }),
  };
  const noted = { ...signed, ...useNotes({ ...readTrustNotes(signed), signerSince: 4000 }) };

  const renewed = {
    ...noted,
    ...noteAnnotations({ fingerprint: "f3", ...validity, root: "b", trusts: ["b"], names: [] }),
  };

  expect(readTrustNotes(signed).signerSince).toBeUndefined();
  expect(readTrustNotes(renewed).signerSince).toBe(4000);
});
