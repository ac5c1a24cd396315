import { Command, Option } from "commander";
import { addCaCommands } from "./caProgram.ts";
import { collect, collectPort, collectWord, parseCount, parseLimit } from "./collect.ts";
import type { VerifyOptions } from "./commands/verify.ts";
import { parseDuration } from "./duration.ts";
import { examples } from "./examples.ts";
import { addGivenClusters } from "./givenOptions.ts";
import type { Io } from "./io.ts";
import { addScope, type ScopeOptions, scopeWords } from "./scopeOptions.ts";
import type { GlobalOptions, Session } from "./session.ts";
import { version } from "./version.ts";
import { withPassphrase } from "./withPassphrase.ts";

// As `checkCategories` of core, which would have to be loaded: a test compares.
export const checkCategories = [
  "api",
  "rights",
  "kinds",
  "istiod",
  "injection",
  "gateway",
  "trust",
  "proxies",
  "addresses",
  "declarations",
] as const;
const nameForms = ["PerCluster", "SameName", "Mesh"] as const;

// Commands are loaded when they run: `--help` and a wrong option must not wait for an API client.

/**
 * The command line as data: every command with its options. `finish` gets the exit code of the one that ran; `run` is for the one that
 * runs others.
 */
export function buildProgram(
  io: Io,
  finish: (code: number) => void,
  run: (argv: readonly string[], io: Io) => Promise<number>,
): Command {
  const program = new Command("isthmus")
    .description("Connects services across Kubernetes clusters that each run their own Istio, from one declaration.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // What is wrong with a command line is reported by `run`, as every other problem.
      writeErr: () => {},
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  addGlobalOptions(program);

  const session = async (command: Command): Promise<Session> => {
    const { openSession } = await import("./session.ts");
    return openSession(io, command.name(), command.optsWithGlobals<GlobalOptions>());
  };

  program.commandsGroup("Start:");
  program
    .command("demo")
    .description("the main job on two folders that stand for clusters")
    .option("--dir <folder>", "a new folder for the demo's files", "isthmus-demo")
    .action(async (options: { dir: string }, command: Command) => {
      const { demo } = await import("./commands/demo.ts");
      finish(await demo(await session(command), options));
    });
  program
    .command("init")
    .description("write a first mesh.yaml from your kubeconfig")
    .option("--context <name>", "a cluster's context (repeat it); asked for on a terminal", collect)
    .option("--force", "replace the file if it exists")
    .action(async (options: { context?: string[]; force?: boolean }, command: Command) => {
      const { init } = await import("./commands/init.ts");
      finish(await init(await session(command), options));
    });
  program
    .command("connect")
    .description("declare a shared service and show the plan")
    .argument("<service.namespace>", "the Service that others may call")
    .requiredOption("--from <cluster>", "a cluster that serves it (repeat it)", collect)
    .requiredOption(
      "--to <cluster/namespace>",
      "who may call it: a cluster, or one namespace of it (repeat it)",
      collect,
    )
    .addOption(
      new Option("--as <form>", "the names it gets (repeat it)").choices(nameForms).argParser(collectWord(nameForms)),
    )
    .option("--port <number>", "share only this port (repeat it)", collectPort)
    .option("--dry-run", "write no file, only show")
    .action(async (service: string, options, command: Command) => {
      const { connect } = await import("./commands/connect.ts");
      finish(await connect(await session(command), service, options));
    });

  program
    .command("disconnect")
    .description("take a shared service, or a consumer of it, out of its file and show the plan")
    .argument("<service.namespace>", "the Service that is shared")
    .option("--to <cluster/namespace>", "only this consumer, as declared (repeat it)", collect)
    .option("--dry-run", "write no file, only show")
    .action(async (service: string, options, command: Command) => {
      const { disconnect } = await import("./commands/disconnect.ts");
      finish(await disconnect(await session(command), service, options));
    });

  program
    .command("import")
    .description("declarations of another system as ours")
    .addArgument(program.createArgument("<system>", "emco: its traffic intents").choices(["emco"]))
    .argument("<files...>", "files or folders: YAML of emcoctl, or JSON of its API")
    .option("--namespace <name>", "the apps' namespace, where no logical cloud tells")
    .option("--place <app=cluster>", "where an app runs, in place of placement intents (repeat it)", collect)
    .option("--out <file>", "write to a file")
    .option("--force", "replace the file if it exists")
    .action(async (system: "emco", files: string[], options, command: Command) => {
      const { importIntents } = await import("./commands/importIntents.ts");
      finish(await importIntents(await session(command), system, files, options));
    });

  program.commandsGroup("Change:");
  addPlanOptions(
    addScope(program.command("plan"))
      .description("show what apply would do")
      .option("--out <file>", "save the plan for `isthmus apply <file>`")
      .option("--detailed-exitcode", "0 no changes, 1 error, 2 changes"),
  ).action(async (services: string[], options, command: Command) => {
    const { plan } = await import("./commands/plan.ts");
    finish(await plan(await session(command), services, options));
  });
  addPlanOptions(
    addScope(program.command("diff")).description("show only what differs (exit code 0 nothing, 1 some)"),
  ).action(async (services: string[], options, command: Command) => {
    const { diff } = await import("./commands/diff.ts");
    finish(await diff(await session(command), services, options));
  });
  addPlanOptions(
    addScope(program.command("apply"), "[saved.plan | service.namespace...]")
      .description("make the clusters as declared; or apply a saved plan")
      .option("-y, --yes", "do not ask, also where paths will be gone: --max-delete is the limit")
      .option("--dry-run", "let the clusters check every change, and write nothing")
      .option("--max-delete <count or %>", "delete so much of what Isthmus owns unasked (default: 50%)", parseLimit)
      .addOption(new Option("--allow-mass-delete", "as --max-delete 100%").hideHelp())
      .option("--allow-broken-paths", "even if that breaks a declared path that works now")
      .addOption(
        new Option("--wait [duration]", "until the proxies have it and every path stands, at most so long (5m)")
          .preset("5m")
          .argParser(parseDuration),
      ),
  ).action(async (words: string[], options, command: Command) => {
    const { apply } = await import("./commands/apply.ts");
    finish(await apply(await session(command), words, options));
  });

  program
    .command("show")
    .description("show a saved plan")
    .argument("<saved.plan>", "a plan that `isthmus plan --out` saved")
    .action(async (file: string, _options: unknown, command: Command) => {
      const { show } = await import("./commands/show.ts");
      finish(await show(await session(command), file));
    });

  program
    .command("destroy")
    .description("delete all that Isthmus wrote into the declared clusters; files stay")
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "let the clusters check every deletion, and write nothing")
    .action(async (options, command: Command) => {
      const { destroy } = await import("./commands/destroy.ts");
      finish(await destroy(await session(command), options));
    });

  program.commandsGroup("Look:");
  addScope(program.command("status"))
    .description("clusters and what is declared at a glance")
    .option("-w, --watch", "look again every two seconds, until Ctrl-C")
    .action(async (services: string[], options, command: Command) => {
      const { status } = await import("./commands/status.ts");
      finish(await status(await session(command), services, options));
    });
  program
    .command("describe")
    .description("all about one host: what declares it, what is there, who may call")
    .argument("<host>", "httpbin.bar.cluster2, or service.namespace as declared")
    .action(async (host: string, _options: unknown, command: Command) => {
      const { describe } = await import("./commands/describe.ts");
      finish(await describe(await session(command), host));
    });
  addScope(program.command("verify"))
    .description("prove each path, on paper and by a call (exit code 0 yes, 1 no)")
    .option("--probe", "a path that cannot be called from here is unknown")
    .option("--no-probe", "send nothing: what the clusters hold has to do")
    .addOption(
      new Option("--wait [duration]", "verify again until every path stands, at most so long (5m)")
        .preset("5m")
        .argParser(parseDuration),
    )
    .action(async (services: string[], options: ScopeOptions & VerifyOptions, command: Command) => {
      const { verify } = await import("./commands/verify.ts");
      finish(await verify(await session(command), { ...options, scope: scopeWords(services, options) }));
    });
  addGivenClusters(program.command("trace"))
    .description("say where a request gets, hop by hop (exit code 0, 1)")
    .argument("<caller>", "who calls: sleep.foo@cluster1, or outside, outside@cluster1")
    .argument("<url>", "http, https, grpc or tcp://host:port")
    .option("--method <method>", "of the request; GET, of gRPC POST, unless set")
    .option("--header <name:value>", "a header of the request (repeat it)", collect)
    .option("--claim <name=value>", "of a good token that the request carries (repeat it)", collect)
    .option("--client-certificate <name>", "the client shows one with this name (repeat it)", collect)
    .option("--connect-to <address:port>", "of a client outside: where it connects to, whatever the name")
    .option("--resolve <address>", "of a workload: what its DNS says of the URL's name")
    .option("--planned", "as it would be after an apply")
    .option("--all-branches", "every way that the request may take, not the likeliest only")
    .action(async (from: string, url: string, options, command: Command) => {
      const { trace } = await import("./commands/trace.ts");
      finish(await trace(await session(command), { from, url }, options));
    });
  addGivenClusters(program.command("test"))
    .description("run PathTests: what becomes of requests, as files say (exit code 0, 1, 2)")
    .argument("[file...]", "files of PathTests, or folders with all below them", ["."])
    .option("--planned", "as it would be after an apply")
    .option("--wire", "also make the requests that can be made, from their callers' pods, with their curl")
    .option("--filter <name>", "only tests with this in their names; * is any text")
    .option("-l, --selector <labels>", "only tests with these labels: tier=web,env!=test")
    .option("-w, --watch", "run them again every two seconds, until Ctrl-C")
    .action(async (files: string[], options, command: Command) => {
      const { test } = await import("./commands/test.ts");
      finish(await test(await session(command), files, options));
    });
  addGivenClusters(program.command("paths"))
    .description("who reaches what: all callers, hosts, ports and kinds of requests")
    .option("--from <caller>", "only this caller: sleep.foo@cluster1, '*.foo', outside (repeat it)", collect)
    .option("--to <host>", "only this host: httpbin.bar, httpbin.bar:8000, '*.example.com' (repeat it)", collect)
    .option("-n, --namespace <name>", "only where a caller or host is in it (repeat it)", collect)
    .option("--public", "only what clients outside of the clusters may call")
    .option("--without-mtls", "only what is answered without mutual TLS")
    .option("--cross-region", "only what is answered in another region")
    .option("--unknown", "only what cannot be told, and why")
    .option("--refused", "only what is not answered")
    .option("--all", "every row and name, also where there are many")
    .action(async (options, command: Command) => {
      const { paths } = await import("./commands/paths.ts");
      finish(await paths(await session(command), options));
    });
  program
    .command("diff-paths")
    .description("how a change alters who reaches what, and no more (exit code 0 nothing, 1 something)")
    .argument("<states...>", "two of folder, dump and context:NAME; or revisions, as HEAD~1.., and a folder")
    .action(async (states: string[], _options: unknown, command: Command) => {
      const { diffPaths } = await import("./commands/diffPaths.ts");
      finish(await diffPaths(await session(command), states));
    });
  withPassphrase(
    addScope(program.command("probe"))
      .description("try each path on the wire, and what must be refused")
      .addOption(
        new Option("--identity <source>", "what issues each consumer's certificate: its istiod, the mesh's CA, or none")
          .choices(["istiod", "ca", "none"])
          .default("istiod"),
      )
      .option("--from-pod", "also call from the consumers' own pods, with their curl")
      .addOption(
        new Option(
          "--ephemeral-container",
          "add a container with curl to a pod that has none; it stays listed until the pod ends (implies --from-pod)",
        ).implies({ fromPod: true }),
      )
      .addOption(
        new Option("--image <image>", "of that container: holds curl and sleep (implies --ephemeral-container)")
          .default("curlimages/curl:8.11.1")
          .implies({ fromPod: true, ephemeralContainer: true }),
      )
      .option("--count <calls>", "make each call so often and tell its latency", parseCount)
      .option("--benchmark", "200 calls each, and nothing that must be refused")
      .option("--no-negatives", "do not try what must be refused")
      .addOption(new Option("--wait <duration>", "patience for one call").default(5000, "5s").argParser(parseDuration)),
  ).action(async (services: string[], options, command: Command) => {
    const { probe } = await import("./commands/probe.ts");
    finish(await probe(await session(command), services, options));
  });
  addGivenClusters(program.command("check"))
    .description("what would be in the way, before and after (exit code 0 nothing, 1 something)")
    .option("--cluster <name>", "only this declared cluster (repeat it)", collect)
    .addOption(
      new Option("--category <name>", "only this category (repeat it)")
        .choices(checkCategories)
        .argParser(collectWord(checkCategories)),
    )
    .option("--read-only", "do not ask for the rights that apply needs")
    .option("--wait <duration>", "check again until nothing fails, at most so long", parseDuration)
    .action(async (options, command: Command) => {
      const { check } = await import("./commands/check.ts");
      finish(await check(await session(command), options));
    });
  addGivenClusters(program.command("lint"))
    .description("objects of Istio that have no effect (exit code 0 none, 1 some)")
    .option("--cluster <name>", "only this declared cluster (repeat it)", collect)
    .action(async (options, command: Command) => {
      const { lint } = await import("./commands/lint.ts");
      finish(await lint(await session(command), options));
    });
  addGivenClusters(program.command("doctor"))
    .description("find out why a request fails: on paper, on the wire, and in between")
    .argument("<workload>", "who calls: sleep.foo@cluster1")
    .argument("<url>", "http, https, grpc or tcp://host:port")
    .option("--method <method>", "of the request; GET, of gRPC POST, unless set")
    .option("--header <name:value>", "a header of the request (repeat it)", collect)
    .action(async (from: string, url: string, options, command: Command) => {
      const { doctor } = await import("./commands/doctor.ts");
      finish(await doctor(await session(command), { from, url }, options));
    });
  program
    .command("explain")
    .description("what a problem code or a field means; alone: all codes")
    .argument("[word...]", "such as GATEWAY_NO_ADDRESS or SharedService.spec.traffic")
    .action(async (words: string[], _options: unknown, command: Command) => {
      const { explain } = await import("./commands/explain.ts");
      finish(await explain(await session(command), words));
    });

  program.commandsGroup("Set up:");
  program
    .command("rbac")
    .description("print the roles that our commands need in a cluster")
    .argument("<cluster>", "a declared cluster; any name where none is declared yet")
    .option("--read-only", "for plan, diff, status, verify and check")
    .option("--manage-ca", "also the Secret cacerts, and those of certificates that we issue at the edge")
    .option("--rotate-ca", "also what `isthmus ca rotate` needs: --manage-ca, and metrics of pods")
    .option("--probe", "also what `isthmus probe` and the calls of `isthmus verify` need: tokens of service accounts")
    .option("--doctor", "also what `isthmus doctor` and `probe --from-pod` need: --probe, and commands in pods")
    .option(
      "--ephemeral-container",
      "also what `probe --ephemeral-container` needs: --doctor, and adding containers to pods",
    )
    .option("--all-kinds", "write every kind that any declaration could need, and remove what is left of them")
    .option("--controller", "also what the controller needs: to be told of changes")
    .option("--namespace <name>", "write and probe only in this namespace (repeat it)", collect)
    .option("--name <name>", "of the roles and the account (default: isthmus, isthmus-reader)")
    .option("--account-namespace <name>", "of the service account (default: Istio's)")
    .option("--user <name>", "for this user in place of a service account")
    .option("--group <name>", "for this group in place of a service account")
    .action(async (cluster: string, options, command: Command) => {
      const { rbac } = await import("./commands/rbac.ts");
      finish(await rbac(await session(command), cluster, options));
    });
  program
    .command("install-config")
    .description("print what a cluster's Istio has to be installed with")
    .argument("<cluster>", "a declared cluster; any name where none is declared yet")
    .addOption(
      new Option("--format <format>", "for Helm, istioctl, or the mesh configuration alone")
        .choices(["helm", "operator", "meshconfig"])
        .default("helm"),
    )
    .addOption(new Option("--chart <chart>", "only this chart's values").choices(["base", "istiod", "gateway"]))
    .addOption(
      new Option("--service <type>", "of the gateway's Service")
        .choices(["LoadBalancer", "NodePort"])
        .default("LoadBalancer"),
    )
    .option("--network <name>", "the cluster's network (default: the cluster's name)")
    .option("--registry-only", "nothing may be called that is not declared")
    .option("--multi-root", "let istiod take over other roots, as `isthmus ca rotate root` needs")
    .option("--access-log", "let sidecars and gateways write access logs")
    .option("--current <file>", "show only what differs in these values (exit code 0 nothing, 1 some)")
    .option("--live", "the same with the cluster's present mesh configuration")
    .action(async (cluster: string, options, command: Command) => {
      const { installConfig } = await import("./commands/installConfig.ts");
      finish(await installConfig(await session(command), cluster, options));
    });
  addCaCommands(program, session, finish);

  program.commandsGroup("More:").helpCommand("help [command]", "print help for a command");
  program
    .command("version")
    .description("print the versions of this program and of the clusters")
    .option("--client", "only of this program: no cluster is asked")
    .action(async (options: { client?: boolean }, command: Command) => {
      const { version: versions } = await import("./commands/version.ts");
      finish(await versions(await session(command), options));
    });
  program
    .command("completion")
    .description("print the completion script for a shell")
    .addArgument(program.createArgument("<shell>").choices(["bash", "zsh", "fish", "powershell"]))
    .action(async (shell: string, _options: unknown, command: Command) => {
      const { completion } = await import("./commands/completion.ts");
      finish(completion(shell, await session(command)));
    });
  program
    .command("controller")
    .description("keep the clusters as a management cluster declares")
    .option("--context <name>", "of the management cluster; in a pod its own account (default: the current context)")
    .option("--namespace <name>", "where the Lease is, by which one of several controllers writes", "isthmus-system")
    .option("--read-only", "observe and prove, and write nothing anywhere")
    .option("--manifests", "only print what the management cluster needs: our kinds, an account and its rights")
    .option("--max-delete <count or %>", "delete so much of what vanished undeleted (default: none)", parseLimit)
    .option("--listen <address:port>", "serve /healthz, /readyz and /metrics there; `none` for not at all", ":8080")
    .addOption(
      new Option("--log-level <level>", "of the JSON lines")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .action(async (options, command: Command) => {
      const { controller } = await import("./commands/controller.ts");
      finish(await controller(await session(command), options));
    });
  program
    .command("mcp")
    .description("serve assistants (Model Context Protocol, stdio)")
    .option("--allow-writes", "also what changes clusters or sends calls: apply, doctor, verify_calls")
    .action(async (options: { allowWrites?: boolean }, command: Command) => {
      const { mcp } = await import("./commands/mcp.ts");
      finish(await mcp(await session(command), options, run));
    });
  // What the completion scripts call.
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .action(async (words: string[], _options: unknown, command: Command) => {
      const { complete } = await import("./commands/completion.ts");
      finish(await complete(program, words, await session(command)));
    });
  addExamples(program, "");
  return program;
}

function addExamples(parent: Command, prefix: string): void {
  for (const command of parent.commands) {
    const path = `${prefix}${command.name()}`;
    const lines = examples[path];
    if (lines !== undefined)
      command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
    addExamples(command, `${path} `);
  }
}

function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option("-f, --filename <path>", "file or folder of declarations (repeat it)")
        .argParser(collect)
        .default([], "./"),
    )
    .option("-R, --recursive", "also what is below the folders of -f")
    .option("--kubeconfig <path>", "in place of $KUBECONFIG or ~/.kube/config")
    .option("--trust-access", "let declared kubeconfigs run plugins, and paths lead elsewhere")
    .option("-o, --output <format>", "table, yaml, json or jsonpath=TEMPLATE")
    .option("--no-color", "no colours (also: NO_COLOR=1)")
    .option("-v, --verbose", "say more")
    .option("--timeout <duration>", "give up after this time: 30s, 5m", parseDuration);
}

function addPlanOptions(command: Command): Command {
  return command
    .option("--prune", "delete objects of ours that are declared no longer (the default)")
    .option("--no-prune", "keep objects of ours that are declared no longer")
    .option("--adopt", "take over objects of the same name that are not ours");
}
