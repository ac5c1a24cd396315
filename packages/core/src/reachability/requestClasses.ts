import { type TraceRequest, usualRequest } from "../trace/index.ts";
import { type Box, describeBoxes } from "./describeBoxes.ts";
import type { RequestDimension } from "./requestDimension.ts";
import type { Target } from "./targets.ts";

/** A request without its caller and target: what its class is told apart by. */
export type RequestParts = Pick<TraceRequest, "method" | "headers" | "claims" | "clientCertificate"> & {
  readonly path: string;
  /** As it is written, where that tells requests apart. */
  readonly host?: string;
};

/** One way in which requests may differ, with what each of its classes makes of a request. */
export interface Axis {
  /** Of the words of a class: `with x-user:`. */
  readonly noun: string;
  readonly choices: readonly { readonly label: string; readonly apply: (parts: RequestParts) => RequestParts }[];
}

/** A class of requests, as the place of each of its axes' choices. */
export interface RequestClass {
  readonly box: Box;
  readonly parts: RequestParts;
}

/** As clients send it that have nothing to say. */
export function plainRequest({ scheme }: Target): RequestParts {
  return { ...usualRequest(scheme), path: "/" };
}

/** More than these are not tried: then one axis differs at a time. */
const mostClasses = 256;

export function axesOf(dimensions: readonly RequestDimension[]): readonly Axis[] {
  return dimensions.map(({ part, name, classes }) => ({
    noun: part === "header" ? name : part === "query" ? `?${name}=` : part,
    choices: classes.map(({ value, label }) => ({ label, apply: applyOf(part, name, value) })),
  }));
}

/** Each combination of choices; where that would be too many, those in which one differs from the first. */
export function requestClasses(
  axes: readonly Axis[],
  plain: RequestParts,
): {
  readonly classes: readonly RequestClass[];
  readonly isCut: boolean;
} {
  const size = axes.reduce((product, { choices }) => product * choices.length, 1);
  const boxes = size <= mostClasses ? product(axes) : oneAtATime(axes);
  const classes = boxes.map((box) => ({
    box,
    parts: axes.reduce((parts, { choices }, index) => choices[box[index] ?? 0]?.apply(parts) ?? parts, plain),
  }));
  return { classes, isCut: size > mostClasses };
}

/** `GET /admin*`, `POST`, `any request`: which requests these classes are, of all. */
export function describeClasses(axes: readonly Axis[], boxes: readonly Box[]): string {
  return describeBoxes(
    axes.map(({ noun, choices }) => ({ noun, labels: choices.map(({ label }) => label) })),
    boxes,
  );
}

function product(axes: readonly Axis[]): readonly Box[] {
  return axes.reduce<readonly Box[]>(
    (boxes, { choices }) => boxes.flatMap((box) => choices.map((_, index) => [...box, index])),
    [[]],
  );
}

function oneAtATime(axes: readonly Axis[]): readonly Box[] {
  const first = axes.map(() => 0);
  return [
    first,
    ...axes.flatMap(({ choices }, at) =>
      choices.slice(1).map((_, index) => first.map((choice, place) => (place === at ? index + 1 : choice))),
    ),
  ];
}

function applyOf(part: RequestDimension["part"], name: string, value: string | undefined) {
  return (parts: RequestParts): RequestParts => {
    if (value === undefined) return parts;
    switch (part) {
      case "method":
        return { ...parts, method: value };
      case "host":
        return { ...parts, host: value };
      case "path": {
        const [, query = ""] = parts.path.split(/(\?.*)/s);
        return { ...parts, path: value + query };
      }
      case "header":
        return { ...parts, headers: { ...parts.headers, [name]: value } };
      case "query":
        return { ...parts, path: `${parts.path}${parts.path.includes("?") ? "&" : "?"}${name}=${value}` };
    }
  };
}
