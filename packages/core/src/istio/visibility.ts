/** What `exportTo` of Services, ServiceEntries, VirtualServices and DestinationRules says: pilot/pkg/model/push_context.go. */
export interface Exported {
  /** `*` all namespaces, `.` its own, `~` none, else namespaces by name. */
  readonly exportTo: readonly string[];
  readonly namespace: string;
}

/** What an object without `exportTo` has is the mesh's default (initDefaultExportMaps). */
export function exportedTo(written: readonly string[] | undefined, byDefault: readonly string[]): readonly string[] {
  return written === undefined || written.length === 0 ? byDefault : written;
}

/** Of a Service, whose annotation has the list in one text (pilot/pkg/serviceregistry/kube/conversion.go, ConvertService). */
export function exportToOfAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
): readonly string[] | undefined {
  const text = annotations?.[exportToAnnotation] ?? "";
  return text === "" ? undefined : text.split(",").map((each) => each.trim());
}

/** networking/annotations: what a Service has in place of a field. */
export const exportToAnnotation = "networking.istio.io/exportTo";

/** For all namespaces: whatever else the list has does not count (initServiceRegistry, initVirtualServices). */
export function isPublic({ exportTo }: Pick<Exported, "exportTo">): boolean {
  return exportTo.includes("*");
}

/** Whether the proxies of a namespace see it (IsServiceVisible; `~` beside names hides it, initServiceRegistry). */
export function isVisible({ exportTo, namespace }: Exported, to: string): boolean {
  if (isPublic({ exportTo })) return true;
  if (exportTo.includes("~")) return false;
  return exportTo.includes(to) || (exportTo.includes(".") && namespace === to);
}
