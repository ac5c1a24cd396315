import { type Container, controllerKinds, type KubeObject, type Pod, type PodController } from "../kinds/index.ts";

/** Of istiod's pods, or of what makes them: `discovery` is the name of its container in each of its installations. */
export function istiodContainersOf(object: KubeObject): readonly Container[] {
  return containersOf(object).filter(({ name }) => name === "discovery");
}

function containersOf(object: KubeObject): readonly Container[] {
  if (object.kind === "Pod") return (object as Pod).spec.containers ?? [];
  const isController = controllerKinds.some((kind) => kind === object.kind);
  return isController ? ((object as PodController).spec.template.spec.containers ?? []) : [];
}
