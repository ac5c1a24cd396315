export { type Lint, lint } from "./lint.ts";
