import type { ScopeWords } from "@isthmus/engine";
import type { Command } from "commander";
import { collect } from "./collect.ts";

/** What a command is asked about, as commander has parsed it. */
export interface ScopeOptions {
  readonly namespace?: readonly string[];
  readonly selector?: string;
  readonly cluster?: readonly string[];
  readonly context?: readonly string[];
}

/** The words by which every command that looks at declared services is narrowed. */
export function addScope(command: Command, argument = "[service.namespace...]"): Command {
  return command
    .argument(argument, "only these: httpbin.bar, or a host that they are called by")
    .option("-n, --namespace <name>", "only what is declared in this namespace (repeat it)", collect)
    .option("-l, --selector <labels>", "only declarations with these labels: tier=web,env!=test")
    .option("--cluster <name>", "only what concerns this declared cluster (repeat it)", collect)
    .option("--context <name>", "the same, by its kubeconfig context (repeat it)", collect);
}

export function scopeWords(services: readonly string[], options: ScopeOptions): ScopeWords {
  return {
    services,
    ...(options.namespace === undefined ? {} : { namespaces: options.namespace }),
    ...(options.selector === undefined ? {} : { selector: options.selector }),
    ...(options.cluster === undefined ? {} : { clusters: options.cluster }),
    ...(options.context === undefined ? {} : { contexts: options.context }),
  };
}

export function isNarrowed(services: readonly string[], options: ScopeOptions): boolean {
  return Object.keys(scopeWords(services, options)).length > 1 || services.length > 0;
}
