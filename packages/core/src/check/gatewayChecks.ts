import { say } from "../findings/index.ts";
import { gatewayAddresses, showHostPort } from "../istio/index.ts";
import { at, selectClusters } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, type ClusterView, judged, type MeshView, ofObjects } from "./check.ts";
import type { GatewayProbe } from "./checkInput.ts";
import { gatewayListener } from "./gatewayListener.ts";

export const gatewayChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "gateway-address",
    category: "gateway",
    title: "the east-west gateway has an address",
    needs: ["objects-read"],
    run: ofObjects((facts, view, mesh) => {
      const { eastWestGateway, locality } = view.declared.spec;
      const found = gatewayAddresses(facts, eastWestGateway, locality);
      if ("addresses" in found)
        return { ok: found.addresses.map(({ address, port }) => showHostPort(address, port)).join(", ") };
      if (!isServing(view, mesh)) return { skipped: "serves no shared service, so no other cluster calls it" };
      return { problems: [addressProblem(view, found)] };
    }),
  },
  {
    scope: "cluster",
    name: "gateway-ready",
    category: "gateway",
    title: "the east-west gateway is ready",
    needs: ["gateway-address"],
    run: ofObjects((facts, view, mesh) => {
      if (view.source === "directory") return { skipped: "a directory of manifests has no pods" };
      if (!isServing(view, mesh)) return { skipped: "serves no shared service, so no other cluster calls it" };
      const { namespace, selector } = view.declared.spec.eastWestGateway;
      const pods = facts.selectSeen(namespace, selector);
      const ready = pods.filter((pod) => pod.isReady).length;
      if (ready > 0) return { ok: `${ready} of ${pods.length} pods` };
      return {
        problems: [
          makeProblem({
            code: "GATEWAY_NOT_READY",
            at: at(view.declared, "spec", "eastWestGateway"),
            message: say`no pod of the east-west gateway of ${{ view: view.name }} is ready (${{ pods: pods.length }} in namespace ${{ namespace }})`,
            hint: say`kubectl describe pod -n ${{ namespace }} -l ${Object.entries(selector)
              .map((each) => each.join("="))
              .join(",")} tells why`,
          }),
        ],
      };
    }),
  },
  {
    scope: "cluster",
    name: "gateway-reachable",
    category: "gateway",
    title: "the east-west gateway is reachable from here",
    needs: ["gateway-address", "gateway-ready"],
    run: ofObjects((facts, view, mesh) => {
      if (view.probes.length === 0) return { skipped: "no address was tried" };
      const isListening = gatewayListener(facts, view.declared, mesh.intents.mesh) !== undefined;
      const problems = view.probes.flatMap((probe) => probeProblem(probe, view, isListening) ?? []);
      return judged(problems, view.probes.map((probe) => said(probe)).join(", "));
    }),
  },
];

/** Before anything is declared every cluster may be meant to serve. */
function isServing(view: ClusterView, { intents }: MeshView): boolean {
  return (
    intents.sharedServices.length === 0 ||
    intents.sharedServices.some(({ spec }) =>
      selectClusters(spec.servedBy, intents.clusters).some(({ metadata }) => metadata.name === view.name),
    )
  );
}

type Found = ReturnType<typeof gatewayAddresses>;

function addressProblem({ declared, name }: ClusterView, found: Extract<Found, { fault: string }>): Problem {
  const { namespace, selector, port } = declared.spec.eastWestGateway;
  const place = at(declared, "spec", "eastWestGateway");
  const service = `Service ${namespace}/${found.service ?? ""}`;
  switch (found.fault) {
    case "no service":
      return makeProblem({
        code: "GATEWAY_MISSING",
        at: place,
        message: say`${{ name }} has no Service in ${{ namespace }} for gateway pods ${Object.entries(selector)
          .map((each) => each.join("="))
          .join(",")}`,
        hint: "install an east-west gateway, or name its namespace and selector here",
      });
    case "no port":
      return makeProblem({
        code: "GATEWAY_PORT_MISSING",
        at: place,
        message: say`gateway ${{ service }} in ${{ name }} has no port ${{ port }}`,
        hint: "add the port to the Service, or name another one here",
      });
    case "no address":
      return makeProblem({
        code: "GATEWAY_NO_ADDRESS",
        at: place,
        message: say`gateway ${{ service }} in ${{ name }} has neither a load balancer address nor a node port on a ready node`,
        hint: "wait for the load balancer, make it a NodePort, or give `addresses` here",
      });
  }
}

function probeProblem(
  { address, outcome }: GatewayProbe,
  { name, declared }: ClusterView,
  isListening: boolean,
): Problem | undefined {
  const place = at(declared, "spec", "eastWestGateway");
  const helloProblem = (why: string): Problem =>
    makeProblem({
      code: "GATEWAY_HELLO_FAILED",
      at: place,
      message: say`${{ address }} takes connections, but passes no TLS through to a shared service of ${{ name }}: ${why}`,
      hint: "does the address lead to the gateway by TCP, without a proxy that ends TLS? Has the gateway its configuration: istioctl proxy-status",
    });
  switch (outcome.kind) {
    case "connected":
      return undefined;
    case "hello": {
      const [leaf] = outcome.chain;
      return leaf?.identity === undefined
        ? helloProblem(`${leaf?.subject || "something"} answered, which is not a workload of a mesh`)
        : undefined;
    }
    case "no connection":
      // Envoy opens the port with the first Gateway object for it: until then a refusal comes from the gateway's own machine.
      if (outcome.isRefused && !isListening) return undefined;
      return makeProblem({
        code: "GATEWAY_UNREACHABLE",
        at: place,
        message: say`the east-west gateway of ${{ name }} cannot be reached from here at ${{ address }}: ${{ message: outcome.message }}`,
        hint: "is a firewall or security group in between, or is it an address for other clusters only? Then run this from there",
      });
    case "no hello":
      return helloProblem(outcome.message);
  }
}

function said({ address, outcome }: GatewayProbe): string {
  switch (outcome.kind) {
    case "hello":
      return `${address} passes TLS through`;
    case "no connection":
      return `${address} (refuses until the first apply)`;
    default:
      return address;
  }
}
