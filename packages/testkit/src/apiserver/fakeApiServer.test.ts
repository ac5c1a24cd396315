import { createKubeClient } from "@isthmus/kube";
import { afterAll, expect, test } from "vitest";
import { apiServerConformance } from "../conformance/apiServerConformance.ts";
import { startFakeApiServer } from "./fakeApiServer.ts";

const server = await startFakeApiServer();
afterAll(() => server.stop());

apiServerConformance({
  connect: async (options) => createKubeClient({ name: "fake", server: server.url, user: {} }, options),
});

test("discovery leads from groups to the resources that kubectl asks for", async () => {
  const get = async (path: string) => (await fetch(`${server.url}${path}`)).json();

  expect(await get("/api")).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
  expect(await get("/apis")).toMatchObject({
    kind: "APIGroupList",
    groups: expect.arrayContaining([
      expect.objectContaining({ name: "apps", preferredVersion: { groupVersion: "apps/v1", version: "v1" } }),
    ]),
  });
  expect(await get("/apis/apps/v1")).toMatchObject({
    kind: "APIResourceList",
    resources: expect.arrayContaining([expect.objectContaining({ name: "deployments", kind: "Deployment" })]),
  });
});
