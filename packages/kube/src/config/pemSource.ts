import { dirname, resolve } from "node:path";
import type { PemSource } from "../clusterAccess.ts";
import { type Fields, text } from "./fields.ts";

/** `name-data` (base64) comes before `name` (a path), as in kubectl. */
export function pemSource(fields: Fields, name: string): PemSource | undefined {
  const data = text(fields, `${name}-data`);
  if (data !== undefined) return { data: Buffer.from(data, "base64").toString("utf8") };
  const path = text(fields, name);
  return path === undefined ? undefined : { path: resolve(dirname(fields.file), path) };
}
