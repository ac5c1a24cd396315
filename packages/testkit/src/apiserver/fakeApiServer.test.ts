import { createKubeClient } from "@isthmus/kube";
import { afterAll } from "vitest";
import { apiServerConformance } from "../conformance/apiServerConformance.ts";
import { startFakeApiServer } from "./fakeApiServer.ts";

const server = await startFakeApiServer();
afterAll(() => server.stop());

apiServerConformance({
  connect: async (options) => createKubeClient({ name: "fake", server: server.url, user: {} }, options),
});
