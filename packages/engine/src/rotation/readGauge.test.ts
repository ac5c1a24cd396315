import { expect, test } from "vitest";
import { readGauge } from "./readGauge.ts";

const metrics = `# HELP citadel_server_root_cert_expiry_timestamp The unix timestamp, in seconds, when the root cert will expire.
# TYPE citadel_server_root_cert_expiry_timestamp gauge
citadel_server_root_cert_expiry_timestamp 2.110883935e+09
istio_agent_cert_expiry_seconds{resource_name="default"} 86349.4
istio_agent_cert_expiry_seconds_total 7
broken_gauge NaN
`;

test("a gauge is read with and without labels, and never one whose name only begins alike", () => {
  expect(readGauge(metrics, "citadel_server_root_cert_expiry_timestamp")).toBe(2110883935);
  expect(readGauge(metrics, "istio_agent_cert_expiry_seconds")).toBe(86349.4);
  expect(readGauge(metrics, "citadel_server_root_cert")).toBeUndefined();
  expect(readGauge(metrics, "broken_gauge")).toBeUndefined();
});
