import { expect, test } from "vitest";
import { withoutCredentials } from "./withoutCredentials.ts";

const basic = `Basic ${Buffer.from("admin:s3cret/word").toString("base64")}`;

test.each([
  ["a token", "bad token: Bearer abc.def", { authorization: "Bearer abc.def" }, "bad token: Bearer …"],
  ["a login", `${basic}, admin:s3cret/word, s3cret/word, s3cret%2Fword`, { authorization: basic }, "Basic …, …, …, …"],
  ["nothing that was not sent", "Bearer abc.def", {}, "Bearer abc.def"],
])("what a server repeats is blanked: %s", (_what, text, credentials, shown) => {
  expect(withoutCredentials(text, credentials)).toBe(shown);
});
