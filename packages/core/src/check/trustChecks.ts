import { say } from "../findings/index.ts";
import type { TrustRoot } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, type ClusterView, judged, type MeshView, ofObjects, type Verdict } from "./check.ts";
import { daysOf } from "./daysOf.ts";

/** Days. A rollover of roots needs every workload's certificate to be renewed in between, and people to be found for it. */
const rootNotice = 90;
const intermediateNotice = 30;

export const trustChecks: readonly Check[] = [
  {
    scope: "mesh",
    name: "trust-roots",
    category: "trust",
    title: "the clusters share a root certificate",
    needs: [],
    run: sharedRoots,
  },
  {
    scope: "cluster",
    name: "trust-domain",
    category: "trust",
    title: "the trust domain is the mesh's",
    needs: ["objects-read"],
    run: ofObjects((_facts, { name, cluster }, { intents }) => {
      const declared = intents.mesh.spec.trustDomain;
      if (cluster?.meshConfig === undefined) return { skipped: "ConfigMap istio cannot be read" };
      const { trustDomain, trustDomainAliases } = cluster.meshConfig;
      if (trustDomain === declared) return { ok: trustDomain };
      return {
        problems: [
          makeProblem({
            code: "TRUST_DOMAIN_DIFFERS",
            at: { cluster: name },
            message: say`${{ name }} has the trust domain ${{ trustDomain }}, the Mesh says ${{ declared }}${trustDomainAliases.includes(declared) ? " (an alias there)" : ""}: its own is what counts`,
            hint: "set Mesh spec.trustDomain, or meshConfig.trustDomain of that cluster and restart its workloads",
          }),
        ],
      };
    }),
  },
  {
    scope: "cluster",
    name: "trust-expiry",
    category: "trust",
    title: "no CA certificate ends soon",
    needs: ["objects-read"],
    run: ofObjects((_facts, view, { now }) => {
      const roots = (view.cluster?.trustRoots ?? []).map((root) => ({
        ...root,
        what: "root certificate",
        notice: rootNotice,
      }));
      const shown = shownAuthorities(view).map((each) => ({
        ...each,
        what: "CA certificate",
        notice: intermediateNotice,
      }));
      const all = [...roots, ...shown];
      if (all.length === 0) return { skipped: "no CA certificate of it is known" };
      const problems = all.flatMap(({ what, subject, notAfter, notice }) =>
        expiryProblem(view.name, `${what} ${subject}`, { end: daysOf(notAfter), now: daysOf(now), notice }),
      );
      const first = all.map(({ notAfter }) => notAfter).sort()[0] ?? "";
      return judged(
        problems,
        `the first ends on ${first.slice(0, 10)}${shown.length === 0 ? "; no gateway showed an intermediate" : ""}`,
      );
    }),
  },
];

/** Intermediates that the gateway's backends showed; the root may be among them, and is known already. */
function shownAuthorities({ probes, cluster }: ClusterView) {
  const roots = new Set((cluster?.trustRoots ?? []).map(({ subject }) => subject));
  const shown = probes.flatMap(({ outcome }) => (outcome.kind === "hello" ? outcome.chain : []));
  const authorities = shown.filter(({ isAuthority, subject }) => isAuthority && !roots.has(subject));
  return [...new Map(authorities.map((each) => [`${each.subject} ${each.notAfter}`, each])).values()];
}

/** In days since 1970. */
interface Term {
  readonly end: number;
  readonly now: number;
  readonly notice: number;
}

function expiryProblem(cluster: string, what: string, { end, now, notice }: Term): readonly Problem[] {
  const days = Math.floor(end - now);
  if (end <= now) {
    return [
      makeProblem({
        code: "CA_EXPIRED",
        at: { cluster },
        message: say`${what} of ${{ cluster }} has ended ${{ days: -days }} days ago: no certificate below it is accepted`,
        hint: "issue a new one and restart istiod and the workloads",
      }),
    ];
  }
  if (end - now > notice) return [];
  return [
    makeProblem({
      code: "CA_EXPIRES_SOON",
      at: { cluster },
      message: say`${what} of ${{ cluster }} ends in ${{ days }} days`,
      hint: "renew it now: workloads need time to get certificates below the new one",
    }),
  ];
}

function sharedRoots({ clusters }: MeshView): Verdict {
  const read = clusters.flatMap(({ name, cluster }) =>
    cluster === undefined ? [] : [{ name, roots: cluster.trustRoots }],
  );
  if (read.length === 0) return { skipped: "no cluster was read" };
  const unknown = read.filter(({ roots }) => roots.length === 0);
  const known = read.filter(({ roots }) => roots.length > 0);
  const problems = [
    ...unknown.map(
      ({ name }): Problem =>
        makeProblem({
          code: "TRUST_ROOT_UNKNOWN",
          at: { kind: "MeshCluster", name: name },
          message: say`${{ name }} has no ConfigMap istio-ca-root-cert in Istio's namespace, so its root certificate cannot be compared`,
          hint: "is istiod running there?",
        }),
    ),
    ...pairs(known).flatMap(([first, second]) => (share(first.roots, second.roots) ? [] : [differ(first, second)])),
  ];
  const all = new Map(known.flatMap(({ roots }) => roots).map((root) => [root.fingerprint, root]));
  const names = [...all.values()].map(({ fingerprint, subject }) => `${fingerprint.slice(0, 12)} ${subject}`);
  return judged(problems, names.join("; "));
}

interface Rooted {
  readonly name: string;
  readonly roots: readonly TrustRoot[];
}

function differ(first: Rooted, second: Rooted): Problem {
  const show = ({ roots }: Rooted) => roots.map(({ fingerprint }) => fingerprint.slice(0, 12)).join(", ");
  return makeProblem({
    code: "TRUST_ROOTS_DIFFER",
    at: { kind: "MeshCluster", name: first.name },
    message: say`${{ first: first.name }} and ${{ second: second.name }} trust no common root certificate (${{ first2: show(first) }} and ${{ second2: show(second) }}), so mutual TLS between them fails`,
    hint: "give every cluster an intermediate certificate of one root (Secret cacerts) and restart istiod and the workloads",
  });
}

function share(left: readonly TrustRoot[], right: readonly TrustRoot[]): boolean {
  const trusted = new Set(left.map(({ fingerprint }) => fingerprint));
  return right.some(({ fingerprint }) => trusted.has(fingerprint));
}

function pairs<T>(all: readonly T[]): readonly (readonly [T, T])[] {
  return all.flatMap((first, index) => all.slice(index + 1).map((second) => [first, second] as const));
}
