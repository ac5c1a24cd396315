import type { Shape } from "@isthmus/core/shape";
import type { Dice } from "./dice.ts";

/** What stands in manifests, and what one hopes that nobody writes into them. */
const texts: readonly string[] = [
  ...[
    "web",
    "api",
    "db",
    "red",
    "blue",
    "api.red",
    "api.red.svc.cluster.local",
    "*",
    "*.example.com",
    "*.local",
    "./*",
  ],
  ...[
    "a.example.com",
    "web.blue.c2",
    "api.red.mesh",
    "~/*",
    ".",
    "~",
    "*/*",
    "istio-system",
    "mesh",
    "default",
    "red/*",
  ],
  ...["10.0.0.1", "192.0.2.1", "240.0.0.7", "10.0.0.0/8", "::1", "2001:db8::/32", "[::1]", "300.1.1.1", "1.2.3.4/99"],
  ...["10s", "500ms", "1h", "-1s", "5", "0", "8080", "http", "HTTP", "TCP", "TLS", "HTTPS", "GRPC", "MONGO", "UDP", ""],
  ...[
    "/",
    "/a/../b",
    "/%2e",
    "(((",
    "^(a+)+$",
    "[",
    "request.headers[x-tenant]",
    "source.ip",
    "cluster.local/ns/red/sa/a",
  ],
  ...["v1", "v0", "constructor", "__proto__", "toString", "outbound_.80_._.api.red.svc.cluster.local", "a".repeat(70)],
  ...[
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "istio",
    "ingressgateway",
    "x".repeat(5000),
    "\u0000",
    "ä☃",
  ],
];
const numbers: readonly number[] = [0, 1, 80, 443, 8000, 15443, 9000, 15008, 65535, 100, -1, 70000, 2147483647];

/** A value in form, mostly: `depth` bounds what is nested. */
export function randomValue(shape: Shape, dice: Dice, depth = 0): unknown {
  switch (shape.type) {
    case "text":
      if (shape.words !== undefined) return dice.of(shape.words);
      return shape.form === undefined ? dice.of(texts) : dice.of(["web", "api", "red", "blue"]);
    case "integer":
    case "number":
      return Math.min(Math.max(dice.of(numbers) ?? 0, shape.min ?? -1), shape.max ?? 2147483647);
    case "boolean":
      return dice.isTrue(0.5);
    case "integer or text":
      return dice.isTrue(0.7) ? dice.of(numbers) : dice.of(texts);
    case "anything":
      return dice.of<unknown>([null, "x", 1, [], {}, { name: "x", typed_config: { "@type": "y" } }]);
    case "list":
      return Array.from({ length: depth > 9 ? 0 : dice.below(3) }, () => randomValue(shape.of, dice, depth + 1));
    case "map":
      return Object.fromEntries(
        Array.from({ length: depth > 9 ? 0 : dice.below(3) }, () => [
          dice.isTrue(0.3) ? String(dice.of(numbers)) : String(dice.of(texts)),
          randomValue(shape.of, dice, depth + 1),
        ]),
      );
    case "fields": {
      const shut = new Set(
        shape.exclusive.flatMap((group) => group.filter((name) => name !== group[dice.below(group.length)])),
      );
      const chosen = Object.entries(shape.fields).filter(
        ([name]) => shape.required.includes(name) || (!shut.has(name) && dice.isTrue(depth < 3 ? 0.5 : 0.35)),
      );
      return Object.fromEntries(chosen.map(([name, field]) => [name, randomValue(field, dice, depth + 1)]));
    }
  }
}
