import fc from "fast-check";
import { expect, test } from "vitest";
import { readRegex } from "./readRegex.ts";
import { Languages } from "./textLanguage.ts";
import { textsApart } from "./textsApart.ts";

const pattern = (regex: string, ignoreCase = false) => ({ regex, ignoreCase });

test("there is a text for each combination of expressions that some text matches, and for no other", () => {
  const { texts, isWhole } = textsApart([pattern("/a.*"), pattern(String.raw`.*\.png`), pattern("/a")], "/.*");

  expect(isWhole).toBe(true);
  expect(texts).toEqual(["/", "/a", "/aa", "/.png", "/a.png"]);
});

test("what is written in place of the beginning counts as it is afterwards", () => {
  const after = { ...pattern("/api"), next: { text: "/v1", pattern: pattern("/v1/admin.*") } };

  expect(textsApart([after], "/.*").texts).toContain("/api/admin");
});

test.each(["a(?=b)", String.raw`\bx`, "a^b", "[[:alpha:]]", "a{1,5000}", "(a", "[a", "*"])(
  "%s is beyond the reader",
  (regex) => {
    expect(readRegex(new Languages(), regex)).toBeUndefined();
    expect(textsApart([pattern(regex)], ".*").unread).toEqual([0]);
  },
);

const regexes = fc.letrec<{ regex: string }>((tie) => ({
  regex: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("a", "b", "/", ".", "[ab]", "[^a]", String.raw`\d`, String.raw`\.`, "A"),
    fc.tuple(tie("regex"), tie("regex")).map(([one, other]) => one + other),
    fc.tuple(tie("regex"), tie("regex")).map(([one, other]) => `(${one}|${other})`),
    fc
      .tuple(tie("regex"), fc.constantFrom("*", "+", "?", "{2}", "{1,2}", "{1,}"))
      .map(([one, sign]) => `(?:${one})${sign}`),
  ),
})).regex;

test("a language has the texts that JavaScript's expression matches as a whole", () => {
  const texts = fc.array(fc.constantFrom("a", "b", "/", "1", ".", "A"), { maxLength: 5 }).map((all) => all.join(""));
  fc.assert(
    fc.property(regexes, fc.boolean(), fc.array(texts, { minLength: 10, maxLength: 10 }), (regex, ignoreCase, some) => {
      const read = readRegex(new Languages(), regex, ignoreCase) ?? expect.fail(`${regex} was not read`);
      const whole = new RegExp(`^(?:${regex})$`, ignoreCase ? "si" : "s");
      for (const each of some) {
        const left = [...each].reduce((language, character) => language.after(character), read);
        expect(left.hasEmpty, `${regex} ${each}`).toBe(whole.test(each));
      }
    }),
    { numRuns: 300 },
  );
});
