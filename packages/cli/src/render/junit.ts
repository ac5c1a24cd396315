import { escapeMarkup } from "./escapeMarkup.ts";

/** What went wrong: the first line of `text` in short, the rest below it. */
export interface TestFault {
  readonly type?: string;
  readonly text: string;
}

export interface TestCase {
  readonly name: string;
  readonly classname: string;
  /** It was looked at, and is wrong. */
  readonly failure?: TestFault;
  /** It could not be looked at. */
  readonly error?: TestFault;
  readonly skipped?: string;
  readonly output?: string;
}

export interface TestSuite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

/** JUnit's XML as CI systems read it: https://github.com/testmoapp/junitxml */
export function renderJunit(name: string, suites: readonly TestSuite[]): string {
  const head = element("testsuites", { name, ...counts(suites.flatMap(({ cases }) => cases)) });
  const lines = suites.flatMap(({ name: suite, cases }) => [
    `  <${element("testsuite", { name: suite, ...counts(cases) })}>`,
    ...cases.map(renderCase),
    "  </testsuite>",
  ]);
  return `${['<?xml version="1.0" encoding="UTF-8"?>', `<${head}>`, ...lines, "</testsuites>"].join("\n")}\n`;
}

function counts(cases: readonly TestCase[]): Readonly<Record<string, string>> {
  const count = (key: "failure" | "error" | "skipped") => `${cases.filter((each) => each[key] !== undefined).length}`;
  return { tests: `${cases.length}`, failures: count("failure"), errors: count("error"), skipped: count("skipped") };
}

function renderCase({ name, classname, failure, error, skipped, output }: TestCase): string {
  const inner = [
    ...(failure === undefined ? [] : [renderFault("failure", failure)]),
    ...(error === undefined ? [] : [renderFault("error", error)]),
    ...(skipped === undefined ? [] : [`<${element("skipped", { message: skipped })}/>`]),
    ...(output === undefined ? [] : [`<system-out>${escapeMarkup(output)}</system-out>`]),
  ].map((line) => `      ${line}\n`);
  const start = `    <${element("testcase", { name, classname })}`;
  return inner.length === 0 ? `${start}/>` : `${start}>\n${inner.join("")}    </testcase>`;
}

function renderFault(tag: "failure" | "error", { type, text }: TestFault): string {
  const [message = ""] = text.split("\n");
  return `<${element(tag, { message, ...(type === undefined ? {} : { type }) })}>${escapeMarkup(text)}</${tag}>`;
}

function element(tag: string, attributes: Readonly<Record<string, string>>): string {
  return [tag, ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeMarkup(value)}"`)].join(" ");
}
