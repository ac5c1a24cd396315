import { expect, test } from "vitest";
import { programOf } from "./images.ts";
import { LabError } from "./labError.ts";

const context = { home: "/lab", cluster: "cluster1", pod: "app-1" };
const run = (image: string, more = {}) => programOf({ name: "app", image, ...more }, context);

test.each(["docker.io/curlimages/curl:8.16.0", "curlimages/curl", "registry:5000/tools/sleep@sha256:00"])(
  "%s stays idle",
  (image) => {
    expect(run(image)).toEqual({ run: "idle" });
  },
);

test("any image whose command is sleep stays idle", () => {
  expect(run("example.org/anything:1", { command: ["/bin/sleep", "infinity"] })).toEqual({ run: "idle" });
});

test("httpbin listens on its container's port", () => {
  const program = run("docker.io/mccutchen/go-httpbin:v2.15.0", { ports: [{ containerPort: 8080 }] });

  expect(program).toMatchObject({
    argv: ["/lab/bin/go-httpbin", "-host", "0.0.0.0", "-port", "8080", "-srv-read-timeout", "0"],
  });
});

test("bookinfo's images tell which of its services they are", () => {
  const program = run("registry.istio.io/release/examples-bookinfo-reviews-v2:1.20.3", {
    ports: [{ containerPort: 9080 }],
  });

  expect(program).toMatchObject({
    argv: [process.execPath, "/lab/apps/bookinfo.mjs", "9080", "reviews", "v2", "app-1", "cluster1"],
  });
});

test("helloworld takes its version from the image's name", () => {
  const program = run("registry.example/release/examples-helloworld-v2:1.0");

  expect(program).toMatchObject({
    argv: [process.execPath, "/lab/apps/helloworld.mjs", "5000", "v2", "app-1", "cluster1"],
  });
});

test("an unknown image is refused", () => {
  expect(() => run("nginx:1.27")).toThrow(LabError);
});
