import { expect, test } from "vitest";
import { exampleFolder, runCli } from "../testing/runCli.ts";
import { version } from "../version.ts";

test("versions of the program and of the clusters", async () => {
  const folder = await exampleFolder();

  const table = await runCli(folder, ["version"]);
  const json = await runCli(folder, ["version", "-o", "json"]);
  const client = await runCli("/", ["version", "--client"]);

  expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/cluster2\s+-\s+1\.30\.1/) });
  expect(JSON.parse(json.stdout)).toMatchObject({
    kind: "Version",
    client: version,
    clusters: [{ istio: ["1.30.1"] }, {}],
  });
  expect(client).toMatchObject({ code: 0, stdout: `isthmus ${version}\n` });
});
