const plainName = /^[A-Za-z_][\w-]*$/;

/** `spec.tls`, or `metadata.labels["isthmus.io/owner"]` where the name would read as several. */
export function fieldPath(path: string, name: string): string {
  if (!plainName.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** `spec.endpoints[0]`, or `spec.ports[8000/TCP]` in a list that is merged by keys. */
export function elementPath(path: string, element: number | string): string {
  return `${path}[${element}]`;
}
