import { expect, onTestFinished, test, vi } from "vitest";
import { emptyFolder, exampleFolder, runCli } from "../testing/runCli.ts";

test.each(["zsh", "fish", "powershell"])("completion for %s asks the program itself", async (shell) => {
  const printed = await printedBy(await emptyFolder(), ["completion", shell]);

  expect(printed).toMatch(/isthmus complete '?--'?/);
});

test.each([
  [["complete", "--", "pl"], ["plan"]],
  [["complete", "--", "plan", "--no-p"], ["--no-prune"]],
  [["complete", "--", "ca", "export"], ["export-trust"]],
  [["complete", "--", "explain", "MASS_"], ["MASS_DELETE"]],
  [["complete", "--", "explain", "Shared"], ["SharedService"]],
  [["complete", "--", "status", ""], ["httpbin.bar"]],
  [["complete", "--", "disconnect", ""], ["httpbin.bar"]],
  [["complete", "--", "ca", "issue", "--rep"], ["--replace-root"]],
  [
    ["complete", "--", "connect", "httpbin.bar", "--from", ""],
    ["cluster1", "cluster2"],
  ],
  [
    ["complete", "--", "trace", ""],
    [
      "httpbin.bar@cluster2",
      "istiod.istio-system@cluster1",
      "istiod.istio-system@cluster2",
      "sleep.foo@cluster1",
      "outside",
      "outside@cluster1",
      "outside@cluster2",
    ],
  ],
  [
    ["complete", "--", "plan", "-o", ""],
    ["table", "yaml", "json", "jsonpath="],
  ],
])("%j offers %j", async (argv, words) => {
  const printed = await printedBy(await exampleFolder(), argv);

  const offered = printed.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
  expect(offered.map((line) => line.split("\t")[0])).toEqual(words);
});

/** tab, which answers shells, prints by the console. */
async function printedBy(folder: string, argv: readonly string[]): Promise<string> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  expect(await runCli(folder, argv)).toMatchObject({ code: 0, stderr: "" });
  return log.mock.calls.flat().join("\n");
}
