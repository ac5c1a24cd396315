import { stringify } from "yaml";
import { declaredKinds, type Kind, kinds } from "../declaredKinds.ts";
import { group, version } from "../resource.ts";
import { type FieldSchema, fieldSchemaOf } from "./fieldSchema.ts";

export function isNamespaced(kind: Kind): boolean {
  return fieldSchemaOf(kind).properties?.metadata?.properties?.namespace !== undefined;
}

/** The file name and text of each kind's CustomResourceDefinition, for `kubectl apply`. */
export function customResourceFiles(): readonly { readonly name: string; readonly text: string }[] {
  return kinds.map((kind) => ({
    name: `${group}_${declaredKinds[kind].plural}.yaml`,
    text: stringify(customResource(kind), { compat: "yaml-1.1", lineWidth: 0, aliasDuplicateObjects: false }),
  }));
}

/** The CustomResourceDefinition of a kind (apiextensions.k8s.io/v1), its schema from the same source as the parser's. */
export function customResource(kind: Kind) {
  const plural = declaredKinds[kind].plural;
  const columns = Object.entries(declaredKinds[kind].columns).map(([name, jsonPath]) => ({
    name,
    type: "string",
    jsonPath,
  }));
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), categories: ["isthmus"] },
      scope: isNamespaced(kind) ? "Namespaced" : "Cluster",
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            ...columns,
            { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
          schema: { openAPIV3Schema: rootSchema(fieldSchemaOf(kind)) },
        },
      ],
    },
  };
}

/** Of metadata a CRD may restrict nothing but the name. */
function rootSchema({ description, properties, required = [] }: FieldSchema) {
  const { pattern, maxLength } = properties?.metadata?.properties?.name ?? {};
  return {
    type: "object",
    description,
    required: required.filter((name) => name === "spec"),
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object", properties: { name: { type: "string", maxLength, pattern } } },
      spec: structural(properties?.spec ?? {}),
      status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
  };
}

/**
 * A structural schema (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 * #specifying-a-structural-schema): no titles; that fields beyond `properties` are refused goes without saying there.
 */
function structural(schema: FieldSchema): Record<string, unknown> {
  const { title: _, properties, items, additionalProperties, ...rest } = schema;
  const values = typeof additionalProperties === "object" ? structural(additionalProperties) : undefined;
  const isOpen = values !== undefined && Object.keys(values).length === 0;
  return {
    ...rest,
    ...(items === undefined ? {} : { items: structural(items) }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, structural(each)])) }),
    ...(isOpen ? { "x-kubernetes-preserve-unknown-fields": true } : {}),
    ...(values === undefined || isOpen ? {} : { additionalProperties: values }),
  };
}
