import { expect, test } from "vitest";
import { parsePassthroughSni, passthroughSni } from "./sni.ts";

test.each([
  ["outbound_.8000_._.httpbin.bar.svc.cluster.local", "httpbin.bar.svc.cluster.local", 8000, ""],
  ["outbound_.443_.v1_.a_b.example.com", "a_b.example.com", 443, "v1"],
])("%s names host, port and subset, both ways", (sni, host, port, subset) => {
  expect(passthroughSni(host, port, subset)).toBe(sni);
  expect(parsePassthroughSni(sni)).toEqual({ host, port, subset });
});

test.each(["", "httpbin.bar.svc.cluster.local", "outbound_.x_._.a.b", "outbound_.80_._.", "inbound_.80_._.a.b"])(
  "%j is not a name of an upstream cluster",
  (sni) => {
    expect(parsePassthroughSni(sni)).toBeUndefined();
  },
);
