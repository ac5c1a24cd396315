import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trustRoots } from "./trustRoots.ts";

async function exampleRoot(): Promise<string> {
  const file = join(import.meta.dirname, "../../../../examples/sleep-httpbin/clusters/cluster2/istio.yaml");
  const [pem = ""] =
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(await readFile(file, "utf8")) ?? [];
  return pem.replaceAll(/^ +/gm, "");
}

test("a root that is there twice is one, and what is not a certificate is left out", async () => {
  const root = await exampleRoot();
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";

  const roots = trustRoots({ "root-cert.pem": `text\n${root}\n${broken}\n${root}\n` });

  // openssl x509 -noout -fingerprint -sha256
  expect(roots).toEqual([
    {
      fingerprint: "525bebe0ed456076000d703a817aaa850377f812f572d49c27bd243888892792",
      subject: "O=Isthmus example, CN=Root CA",
      notAfter: "2036-11-21T08:42:34.000Z",
      pem: `${root}\n`,
    },
  ]);
});

test("a ConfigMap without certificates has no roots", () => {
  expect(trustRoots(undefined)).toEqual([]);
  expect(trustRoots({})).toEqual([]);
  expect(trustRoots({ "root-cert.pem": 5 })).toEqual([]);
});
