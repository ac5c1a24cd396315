// By name: what `import()` makes of a CommonJS package depends on the bundler.
export { OpenIDConnectAuth } from "@kubernetes/client-node/dist/oidc_auth.js";
