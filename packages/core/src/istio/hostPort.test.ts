import { expect, test } from "vitest";
import { canonicalHost, parseHostPort, showHostPort } from "./hostPort.ts";

test("an IPv6 address is written in brackets before a port", () => {
  expect(showHostPort("2001:db8::1", 80)).toBe("[2001:db8::1]:80");
  expect(showHostPort("192.0.2.1", 80)).toBe("192.0.2.1:80");
  expect(showHostPort("api.shop", "http")).toBe("api.shop:http");
});

test.each([
  ["api.shop:80", "api.shop", 80],
  ["api.shop", "api.shop", undefined],
  ["192.0.2.1:15443", "192.0.2.1", 15443],
  ["[2001:db8::1]:80", "2001:db8::1", 80],
  ["[2001:db8::1]", "2001:db8::1", undefined],
  ["2001:db8::1", "2001:db8::1", undefined],
])("%s is host %s and port %s", (text, host, port) => {
  expect(parseHostPort(text)).toEqual({ host, port });
});

test("an IPv6 address has one text, however it is written", () => {
  expect(canonicalHost("2001:DB8:0:0:0:0:0:1")).toBe("2001:db8::1");
  expect(canonicalHost("API.Shop")).toBe("api.shop");
});
