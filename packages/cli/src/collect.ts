import type { DeleteLimit } from "@isthmus/core/plan";
import { InvalidArgumentError } from "commander";

/** For an option that may be repeated: each time one more value. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

export function collectPort(value: string, previous: readonly number[] | undefined): number[] {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidArgumentError("give a port from 1 to 65535.");
  }
  return [...(previous ?? []), port];
}

/** One of a few words, in any case; each time one more. */
export function collectWord<Word extends string>(words: readonly Word[]) {
  return (value: string, previous: readonly Word[] | undefined): Word[] => {
    const word = words.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
    if (word === undefined) throw new InvalidArgumentError(`give one of ${words.join(", ")}.`);
    return [...(previous ?? []), word];
  };
}

export function parseCount(value: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > 10_000) {
    throw new InvalidArgumentError("give a number from 1 to 10000.");
  }
  return count;
}

/** `10`, or `25%`. */
export function parseLimit(value: string): DeleteLimit {
  const [, count, sign] = /^(\d+)(%?)$/.exec(value) ?? [];
  if (count !== undefined && sign === "") return { objects: Number(count) };
  if (count !== undefined && Number(count) <= 100) return { percent: Number(count) };
  throw new InvalidArgumentError("give a number of objects, or a part of them such as 25%.");
}
