export { importEmco } from "./importEmco.ts";
