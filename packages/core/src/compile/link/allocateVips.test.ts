import fc from "fast-check";
import { expect, test } from "vitest";
import { type AddressPool, contains, parseAddressPool } from "../../model/index.ts";
import { allocateVips, type VipDemand } from "./allocateVips.ts";

function pool(cidr: string): AddressPool {
  const parsed = parseAddressPool(cidr);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

const demand = (
  cluster: string,
  hosts: readonly string[],
  held: Record<string, string> = {},
  taken: readonly string[] = [],
): VipDemand => ({
  cluster,
  hosts,
  held: new Map(Object.entries(held)),
  taken: new Map(taken.map((address) => [address, { kind: "ServiceEntry", namespace: "foo", name: "copied" }])),
});

test("a host keeps the address it holds, whoever joins", () => {
  const { vips } = allocateVips(pool("240.0.0.0/29"), [demand("c1", ["api", "web"], { web: "240.0.0.3" })]);

  expect(vips.get("c1")?.get("web")).toBe("240.0.0.3");
  expect(vips.get("c1")?.get("api")).not.toBe("240.0.0.3");
});

test("a host keeps the address it holds where somebody else uses it as well, and no other host gets it", () => {
  const { vips, shared } = allocateVips(pool("240.0.0.0/29"), [
    demand("c1", ["api", "web"], { web: "240.0.0.3" }, ["240.0.0.3", "240.0.0.4"]),
    demand("c2", ["api", "web"]),
  ]);

  expect(vips.get("c1")?.get("web")).toBe("240.0.0.3");
  expect(vips.get("c2")?.get("web")).toBe("240.0.0.3");
  expect(vips.get("c1")?.get("api")).not.toBe("240.0.0.3");
  expect(shared).toEqual([
    {
      cluster: "c1",
      host: "web",
      address: "240.0.0.3",
      with: { kind: "ServiceEntry", namespace: "foo", name: "copied" },
    },
  ]);
});

test("a host that another cluster knows gets the same address there", () => {
  const { vips } = allocateVips(pool("240.0.0.0/24"), [
    demand("c1", ["web"]),
    demand("c2", ["web"], { web: "240.0.0.9" }),
  ]);

  expect(vips.get("c1")?.get("web")).toBe("240.0.0.9");
});

test("an address that is still held by a host nobody wants any more is not given away", () => {
  const { vips, exhausted } = allocateVips(pool("240.0.0.0/30"), [
    demand("c1", ["new"], { old: "240.0.0.1", older: "240.0.0.2" }),
  ]);

  expect(vips.get("c1")?.size).toBe(0);
  expect(exhausted).toEqual([{ cluster: "c1", host: "new" }]);
});

test("a pool that is full is reported for the host that is left out", () => {
  const { vips, exhausted } = allocateVips(pool("240.0.0.0/30"), [demand("c1", ["a", "b", "c"])]);

  expect([...(vips.get("c1") ?? [])].length).toBe(2);
  expect(exhausted).toEqual([{ cluster: "c1", host: "c" }]);
});

test.each(["240.0.0.0/31", "10.0.0/8", "240.0.0.0", "127.0.0.0/8", "224.0.0.0/4", "240.240.0.0/12", "240.240.1.0/24"])(
  "%s is not a pool",
  (cidr) => {
    expect(parseAddressPool(cidr)).toBeTypeOf("string");
  },
);

test("an IPv6 pool gives IPv6 addresses", () => {
  const range = pool("fd00:1::/64");

  const { vips } = allocateVips(range, [demand("c1", ["web"])]);

  expect(contains(range, vips.get("c1")?.get("web") ?? "")).toBe(true);
});

const hosts = fc.uniqueArray(fc.constantFrom(..."abcdefghijkl"), { maxLength: 10 });
const rounds = fc.array(
  fc.record({
    ...{ c1: hosts, c2: hosts, c3: hosts },
    hidden: fc.constantFrom("", "c1", "c2", "c3"),
    copied: fc.uniqueArray(fc.integer({ min: 1, max: 14 }), { maxLength: 3 }),
  }),
  { maxLength: 6 },
);

test("law 3: whatever comes, goes, hides or is copied by others, a VIP in use never moves and no cluster has it twice", () => {
  const range = pool("240.0.0.0/28");
  fc.assert(
    fc.property(rounds, (history) => {
      const live = new Map<string, Map<string, string>>(["c1", "c2", "c3"].map((name) => [name, new Map()]));
      for (const { hidden, copied, ...wanted } of history) {
        const seen = Object.entries(wanted).filter(([name]) => name !== hidden);
        const { vips } = allocateVips(
          range,
          seen.map(([cluster, wantedHosts]) => ({
            cluster,
            hosts: wantedHosts,
            held: live.get(cluster) ?? new Map(),
            taken: new Map(
              copied.map((last) => [`240.0.0.${last}`, { kind: "ServiceEntry", namespace: "foo", name: "copied" }]),
            ),
          })),
        );
        for (const [cluster, wantedHosts] of seen) {
          const before = live.get(cluster) ?? new Map<string, string>();
          const after = new Map([...(vips.get(cluster) ?? [])].filter(([host]) => wantedHosts.includes(host)));
          for (const [host, address] of after) {
            if (before.has(host)) expect(address).toBe(before.get(host));
            expect(contains(range, address)).toBe(true);
          }
          expect(new Set(after.values()).size).toBe(after.size);
          live.set(cluster, after);
        }
      }
    }),
  );
});

test("law 3: where all clusters are seen, no two hosts of the mesh get one address", () => {
  fc.assert(
    fc.property(hosts, hosts, (one, two) => {
      const { vips } = allocateVips(pool("240.0.0.0/27"), [demand("c1", one), demand("c2", two)]);

      const owners = new Map<string, Set<string>>();
      for (const mine of vips.values()) {
        for (const [host, address] of mine) owners.set(address, (owners.get(address) ?? new Set()).add(host));
      }
      expect([...owners.values()].every((names) => names.size === 1)).toBe(true);
    }),
  );
});
