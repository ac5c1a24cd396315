import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { catalog } from "@isthmus/core";
import type { HostileMode } from "./hostileMode.ts";

interface Page {
  /** Of the kind that is asked for. */
  readonly kind: string;
  /** How many pages were asked for so far, of all kinds. */
  readonly count: number;
}

/** A sound server, but for its lists. */
function lists(name: string, answer: (response: ServerResponse, page: Page) => void): HostileMode {
  let count = 0;
  return {
    ...{ kind: "changes", name },
    change: (response, { url = "" }) => {
      if (!url.includes("limit=")) return false;
      count += 1;
      answer(response, { kind: kindOf(url), count });
      return true;
    },
  };
}

function kindOf(url: string): string {
  const [, plural] = /\/([a-z]+)\?/.exec(url) ?? [];
  return catalog.find((kind) => kind.plural === plural)?.kind ?? "";
}

const page = (fields: (page: Page) => object) => (response: ServerResponse, asked: Page) =>
  void response.end(JSON.stringify({ kind: `${asked.kind}List`, metadata: {}, items: [], ...fields(asked) }));

const pod = (text: string) =>
  JSON.stringify({
    metadata: { name: "pod", namespace: "a", annotations: { text } },
    spec: { containers: [{ name: "app" }] },
  });

/** A page that has the same item so many times; with another one after it, for ever, unless it is the last. */
const full =
  (count: number, item: string, { isLast = true } = {}) =>
  (response: ServerResponse, asked: Page) => {
    const metadata = JSON.stringify(isLast ? {} : { continue: `${asked.count}` });
    const text = function* () {
      yield `{"kind":"${asked.kind}List","metadata":${metadata},"items":[${item}`;
      for (let index = 1; index < count; index++) yield `,${item}`;
      yield "]}";
    };
    // A reader that goes away ends it.
    void pipeline(Readable.from(text()), response).catch(() => {});
  };

/** Lists that have no end, fill the memory, or are none. */
export const listModes: readonly HostileMode[] = [
  lists(
    "has the same next page for ever",
    page(() => ({ metadata: { continue: "next" } })),
  ),
  lists(
    "has always one more page",
    page(({ count }) => ({ metadata: { continue: `${count}` } })),
  ),
  lists("has always one more page, and a full one", full(500, pod("x".repeat(2000)), { isLast: false })),
  lists("has always one more page, of 30 MB", full(500, pod("x".repeat(60_000)), { isLast: false })),
  lists("has lists of 30 MB", full(500, pod("x".repeat(60_000)))),
  lists("has one value of 60 MB", full(1, pod("x".repeat(60_000_000)))),
  lists("lists a million things", full(1_000_000, "{}")),
  lists("lists half a million objects", full(500_000, '{"metadata":{"name":"a","namespace":"a"}}')),
  lists(
    "has items that are a number",
    page(() => ({ items: 7 })),
  ),
  lists(
    "has items of null",
    page(() => ({ items: [null] })),
  ),
  lists(
    "has no items",
    page(() => ({ items: undefined })),
  ),
];
