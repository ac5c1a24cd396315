import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createKubeClient } from "../createKubeClient.ts";
import { KubeError } from "../kubeError.ts";

test("a pod's HTTP port is asked through the API server, and a pod that does not answer only once", async () => {
  const asked: string[] = [];
  const server = createServer(({ method, url = "" }, response) => {
    asked.push(`${method} ${url}`);
    response.statusCode = url.includes("gone") ? 503 : 200;
    response.end(url.includes("gone") ? '{"kind":"Status","reason":"ServiceUnavailable"}' : "up 1\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = createKubeClient({ name: "east", server: `http://127.0.0.1:${port}`, user: {} });

  const text = await client.podText({ namespace: "shop", pod: "web-1", port: 15020 }, "/stats/prometheus");
  const failure = await client
    .podText({ namespace: "shop", pod: "gone", port: 15020 }, "/stats/prometheus")
    .catch((error: unknown) => error);

  expect(text).toBe("up 1\n");
  expect(failure).toBeInstanceOf(KubeError);
  expect(asked).toEqual([
    "GET /api/v1/namespaces/shop/pods/web-1%3A15020/proxy/stats/prometheus",
    "GET /api/v1/namespaces/shop/pods/gone%3A15020/proxy/stats/prometheus",
  ]);
  await client.close();
  server.close();
});
