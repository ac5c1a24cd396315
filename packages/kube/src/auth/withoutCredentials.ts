import type { Credentials } from "./credentials.ts";

/** A server, or a proxy before it, may repeat what it was sent: that must not come into a message. */
export function withoutCredentials(text: string, { authorization = "" }: Credentials): string {
  const [scheme = "", value = ""] = authorization.split(" ", 2);
  const login = scheme.toLowerCase() === "basic" ? Buffer.from(value, "base64").toString() : "";
  const secrets = [value, login, login.slice(login.indexOf(":") + 1)].filter((secret) => secret !== "");
  return secrets.reduce(
    (left, secret) => left.replaceAll(secret, "…").replaceAll(encodeURIComponent(secret), "…"),
    text,
  );
}
