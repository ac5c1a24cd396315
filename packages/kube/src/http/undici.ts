// By name: what `import()` makes of a CommonJS package depends on the bundler.
export { buildConnector, EnvHttpProxyAgent, Pool, ProxyAgent } from "undici";
