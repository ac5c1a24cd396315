export { type DescribedServer, describeServer } from "./describeServer.ts";
