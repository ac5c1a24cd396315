import { showValue } from "../findings/index.ts";
import type { FieldsShape, Shape, TextForm } from "./shape.ts";
import { isFields } from "./unknownFields.ts";

type Step = string | number;

/** One value that Kubernetes would not take. */
export interface ShapeFault {
  readonly path: readonly Step[];
  /** `must be a list, found "a"`, for people. */
  readonly what: string;
}

export interface ReadShape {
  /** As API servers keep it: without fields that are null. The very value where nothing had to be changed. */
  readonly value: unknown;
  /** The first few. With any the value is not to be used. */
  readonly faults: readonly ShapeFault[];
}

/** Holds a value to a shape. Never throws, whatever the value is; takes time in proportion to what the shape names. */
export function readShape(shape: Shape, value: unknown): ReadShape {
  const reader = new ShapeReader();
  const read = reader.read(shape, value);
  return { value: read, faults: reader.faults };
}

const mostFaults = 5;
/** How deep a part that may be anything goes: a CRD's x-kubernetes-preserve-unknown-fields. */
export const deepest = 100;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const forms: Readonly<Record<TextForm, { readonly fits: RegExp; readonly longest: number; readonly what: string }>> = {
  subdomain: {
    fits: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    longest: 253,
    what: "a DNS name in lower case",
  },
  label: { fits: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, longest: 63, what: "a DNS label in lower case" },
};

class ShapeReader {
  readonly faults: ShapeFault[] = [];
  readonly #path: Step[] = [];

  read(shape: Shape, value: unknown): unknown {
    switch (shape.type) {
      case "text":
        this.#text(shape, value);
        return value;
      case "integer":
      case "number":
        this.#number(shape, value);
        return value;
      case "boolean":
        if (typeof value !== "boolean") this.#fault("true or false", value);
        return value;
      case "integer or text":
        if (typeof value !== "string" && !Number.isInteger(value)) this.#fault("a whole number or text", value);
        return value;
      case "anything":
        if (isDeeper(value, deepest)) this.#report(`is nested deeper than ${deepest} levels`);
        return value;
      case "list":
        return this.#list(shape.of, value);
      case "map":
        return this.#map(value, () => shape.of);
      case "fields":
        return this.#fields(shape, value);
    }
  }

  #text({ words, form }: Extract<Shape, { type: "text" }>, value: unknown): void {
    if (typeof value !== "string") this.#fault("text", value);
    else if (words !== undefined && !words.includes(value)) this.#fault(`one of ${words.join(", ")}`, value);
    else if (form !== undefined) {
      const { fits, longest, what } = forms[form];
      if (value.length > longest || !fits.test(value)) this.#fault(what, value);
    }
  }

  #number({ type, min, max }: Extract<Shape, { type: "integer" | "number" }>, value: unknown): void {
    const isOne = typeof value === "number" && (type === "integer" ? Number.isInteger(value) : Number.isFinite(value));
    if (!isOne) this.#fault(type === "integer" ? "a whole number" : "a number", value);
    else if (min !== undefined && value < min) this.#fault(`at least ${min}`, value);
    else if (max !== undefined && value > max) this.#fault(`at most ${max}`, value);
  }

  #list(of: Shape, value: unknown): unknown {
    if (!Array.isArray(value)) {
      this.#fault("a list", value);
      return value;
    }
    let copy: unknown[] | undefined;
    for (const [index, item] of value.entries()) {
      const read = this.#at(index, of, item);
      if (read !== item) {
        copy ??= [...value];
        copy[index] = read;
      }
    }
    return copy ?? value;
  }

  #fields({ fields, required, exclusive }: FieldsShape, value: unknown): unknown {
    const read = this.#map(value, (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined));
    if (!isFields(read)) return read;
    for (const name of required) {
      if (!Object.hasOwn(read, name)) this.#report("is missing", name);
    }
    for (const group of exclusive) {
      const [first, second] = group.filter((name) => Object.hasOwn(read, name));
      if (second !== undefined) this.#report(`cannot stand beside ${first}`, second);
    }
    return read;
  }

  #map(value: unknown, shapeOf: (name: string) => Shape | undefined): unknown {
    if (!isFields(value)) {
      this.#fault("a mapping", value);
      return value;
    }
    let changed: Map<string, unknown> | undefined;
    for (const [name, field] of Object.entries(value)) {
      if (name === "__proto__") this.#report("is not a usable key", name);
      const shape = shapeOf(name);
      const read = field === null ? undefined : shape === undefined ? field : this.#at(name, shape, field);
      if (read !== field) {
        changed ??= new Map();
        changed.set(name, read);
      }
    }
    if (changed === undefined) return value;
    const entries = Object.entries(value).map(([name, field]) => [name, changed.has(name) ? changed.get(name) : field]);
    return Object.fromEntries(entries.filter(([, field]) => field !== undefined));
  }

  #at(step: Step, shape: Shape, value: unknown): unknown {
    // So many faults call for a look at the whole.
    if (this.faults.length >= mostFaults) return value;
    this.#path.push(step);
    const read = this.read(shape, value);
    this.#path.pop();
    return read;
  }

  #fault(must: string, found: unknown): void {
    this.#report(`must be ${must}, found ${showValue(found)}`);
  }

  #report(what: string, ...steps: readonly Step[]): void {
    if (this.faults.length < mostFaults) this.faults.push({ path: [...this.#path, ...steps], what });
  }
}

/** By no recursion: what an API server answers may be nested as deep as it likes. */
function isDeeper(value: unknown, levels: number): boolean {
  let layer: readonly unknown[] = [value];
  for (let depth = 0; layer.length > 0; depth += 1) {
    if (depth > levels) return true;
    layer = layer.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
