import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "./connect.ts";
import { FileRefused, readRegularFile } from "./readRegularFile.ts";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isthmus-files-"));
});

afterAll(() => rm(folder, { recursive: true }));

test("a named pipe that nobody writes, a device and a folder are refused at once", async () => {
  const pipe = join(folder, "pipe");
  await run("mkfifo", [pipe]);
  const refusal = (path: string) => readRegularFile(path, { limit: 100 }).catch((error: unknown) => error);

  const found = await Promise.all([refusal(pipe), refusal("/dev/zero"), refusal(folder)]);

  expect(found).toEqual([expect.any(FileRefused), expect.any(FileRefused), expect.any(FileRefused)]);
  expect(found).toMatchObject([
    { message: "it is a named pipe, not a file" },
    { message: "it is a device, not a file" },
    { message: "it is a folder" },
  ]);
});

test("a kubeconfig that is a named pipe is KUBECONFIG_INVALID", async () => {
  const path = join(folder, "kubeconfig");
  await run("mkfifo", [path]);

  await expect(connect({ kubeconfigPath: path })).rejects.toMatchObject({
    code: "KUBECONFIG_INVALID",
    message: `kubeconfig ${path} cannot be read (it is a named pipe, not a file)`,
  });
});

test("what has exactly the most bytes is read, one more is refused, also where the file tells no size", async () => {
  const path = join(folder, "ten");
  await writeFile(path, "0123456789");

  expect(await readRegularFile(path, { limit: 10 })).toBe("0123456789");
  await expect(readRegularFile(path, { limit: 9 })).rejects.toMatchObject({ code: "TOO_LARGE" });
  await expect(readRegularFile("/proc/self/status", { limit: 9 })).rejects.toMatchObject({ code: "TOO_LARGE" });
});

test("the shell's <(…) is read", async () => {
  const script = `import("${import.meta.dirname}/readRegularFile.ts").then(async ({ readRegularFile }) =>
    console.log(await readRegularFile(process.argv[1], { limit: 100 })));`;

  const { stdout } = await run(
    "bash",
    ["-c", `"$0" --import tsx -e '${script}' <(sleep 0.1; echo handed over)`, process.execPath],
    {
      cwd: import.meta.dirname,
    },
  );

  expect(stdout.trim()).toBe("handed over");
});

test("thousands of files are read although few may be open", async () => {
  const paths = Array.from({ length: 2_500 }, (_, index) => join(folder, `file${index}`));
  for (const path of paths) await writeFile(path, path);
  const script = `import("${import.meta.dirname}/readRegularFile.ts").then(async ({ readRegularFile }) => {
    const names = Array.from({ length: 2500 }, (_, index) => process.argv[1] + "/file" + index);
    console.log((await Promise.all(names.map((name) => readRegularFile(name, { limit: 1000 })))).length);
  });`;

  const { stdout } = await run(
    "bash",
    ["-c", `ulimit -n 200; exec "$0" --import tsx -e '${script}' "$1"`, process.execPath, folder],
    { cwd: import.meta.dirname },
  );

  expect(stdout.trim()).toBe("2500");
});
