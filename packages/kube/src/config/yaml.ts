// Apart, so that a bundle loads the YAML parser only for a kubeconfig that needs it.
export { readDocuments } from "@isthmus/core";
