/** Whether two sets have the same members. */
export function isSameSet<T>(left: ReadonlySet<T>, right: ReadonlySet<T>): boolean {
  return left.size === right.size && [...left].every((each) => right.has(each));
}
