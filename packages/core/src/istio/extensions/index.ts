export { isHarmless } from "./harmlessPatch.ts";
export { isHeaderMutation, mutateHeaders, namesVirtualHost, type VirtualHostName } from "./headerMutations.ts";
export { type ProxyPatch, proxyPatches } from "./proxyPatches.ts";
