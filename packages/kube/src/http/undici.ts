// By name: what `import()` makes of a CommonJS package depends on who bundles it.
export { buildConnector, EnvHttpProxyAgent, Pool, ProxyAgent, WebSocket } from "undici";
