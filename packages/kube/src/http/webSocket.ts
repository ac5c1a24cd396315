// By name: what `import()` makes of a CommonJS package depends on the bundler. Apart from pools, since it takes longer to load than those.
export { WebSocket } from "undici";
