import { expect, test } from "vitest";
import { declaredProtocol, isHttp, isTls, parseProtocol, protocolOfServicePort } from "./protocol.ts";

test.each([
  [{ port: 80, name: "http" }, "HTTP"],
  [{ port: 80, name: "http2-web" }, "HTTP2"],
  [{ port: 80, name: "grpc-web-ui" }, "GRPC-Web"],
  [{ port: 80, name: "HTTPS-api" }, "HTTPS"],
  [{ port: 80, name: "web" }, "Auto"],
  [{ port: 80, name: "udp-x" }, "UDP"],
  [{ port: 53, name: "dns", protocol: "UDP" }, "UDP"],
  [{ port: 3306, name: "db" }, "TCP"],
  [{ port: 80, name: "http", appProtocol: "tcp" }, "TCP"],
  [{ port: 80, appProtocol: "kubernetes.io/h2c" }, "HTTP2"],
  [{ port: 80, appProtocol: "example.com/own" }, "Auto"],
])("the port %j is %s to Istio", (port, protocol) => {
  expect(protocolOfServicePort(port)).toBe(protocol);
});

test("declarations know what Istio sniffs as undeclared, and SCTP beside UDP", () => {
  expect(declaredProtocol({ port: 80, name: "web" })).toBeUndefined();
  expect(declaredProtocol({ port: 80, name: "http" })).toBe("HTTP");
  expect(declaredProtocol({ port: 80, name: "http", protocol: "SCTP" })).toBe("SCTP");
});

test.each([
  ["http", "HTTP"],
  ["GRPC-WEB", "GRPC-Web"],
  ["mysql", "MySQL"],
  ["nonsense", "Auto"],
  [undefined, "Auto"],
])("%j as a ServiceEntry, Gateway or Sidecar writes it is %s", (text, protocol) => {
  expect(parseProtocol(text)).toBe(protocol);
});

test("what is sniffed, or not known, is neither HTTP nor TLS", () => {
  expect([isHttp("Auto"), isHttp(undefined), isTls("Auto"), isTls("TCP")]).toEqual([false, false, false, false]);
  expect([isHttp("HTTP_PROXY"), isHttp("GRPC"), isTls("HTTPS")]).toEqual([true, true, true]);
});
