import { expect, test } from "vitest";
import { imaginedGateway } from "../workload.ts";
import { namedTargetPort, targetPortOf } from "./targetPort.ts";

const pod = {
  ...imaginedGateway("c", { namespace: "a", name: "b", labels: {} }),
  ports: [
    { name: "web", containerPort: 8080 },
    { name: "dns", containerPort: 5353, protocol: "UDP" },
  ],
};

test.each([
  [{ port: 80 }, 80, 80],
  [{ port: 80, targetPort: 0 }, 80, 80],
  [{ port: 80, targetPort: "" }, 80, 80],
  [{ port: 80, targetPort: 9090 }, 9090, 9090],
  [{ port: 80, targetPort: "9090" }, 9090, 9090],
  [{ port: 80, targetPort: "web" }, "web", 8080],
  [{ port: 80, targetPort: "other" }, "other", undefined],
  [{ port: 80, targetPort: "dns" }, "dns", undefined],
  [{ port: 53, targetPort: "dns", protocol: "UDP" }, "dns", 5353],
])("%j leads to %j, in the pod to %j", (port, named, number) => {
  expect(namedTargetPort(port)).toBe(named);
  expect(targetPortOf(port, pod)).toBe(number);
});
