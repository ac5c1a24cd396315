import { type Fields, fieldsOf } from "../../shape/index.ts";
import type { ProxyPatch } from "./proxyPatches.ts";

/**
 * Whether a patch leaves alone where a request goes and what becomes of it. It does where all that it brings is telemetry,
 * a limit (rates, sizes, times, retries), compression, or how a proxy logs and names itself: as with `connectionPool`, limits are
 * taken not to be reached.
 */
export function isHarmless({ patch }: ProxyPatch): boolean {
  const { applyTo = "", match } = patch;
  const { operation = "", value } = patch.patch ?? {};
  if (applyTo === "BOOTSTRAP" || applyTo === "EXTENSION_CONFIG") return true;
  const { filter } = match?.listener?.filterChain ?? {};
  if (operation === "REMOVE") {
    const name = applyTo === "HTTP_FILTER" ? filter?.subFilter?.name : applyTo === "NETWORK_FILTER" ? filter?.name : "";
    return isHarmlessFilter(name ?? "");
  }
  const fields = fieldsOf(value);
  const config = fieldsOf(fields.typed_config);
  switch (applyTo) {
    case "HTTP_FILTER":
      return isHarmlessFilter(`${fields.name ?? filter?.subFilter?.name ?? ""}`, config);
    case "NETWORK_FILTER":
      if (operation !== "MERGE") return isHarmlessFilter(`${fields.name ?? ""}`, config);
      return onlyHas(fields, ["name", "typed_config"]) && onlyHas(config, [...type, ...connectionManager]);
    case "LISTENER":
      return operation === "MERGE" && onlyHas(fields, listener);
    case "CLUSTER":
      return operation === "MERGE" && onlyHas(fields, upstream);
    case "ROUTE_CONFIGURATION":
    case "VIRTUAL_HOST":
    case "HTTP_ROUTE":
      return (
        operation === "MERGE" &&
        onlyHas(fields, route) &&
        onlyHas(fieldsOf(fields.route), action) &&
        Object.entries(fieldsOf(fields.typed_per_filter_config)).every(([name, each]) =>
          isHarmlessFilter(name, fieldsOf(each)),
        )
      );
    default:
      return false;
  }
}

/** The type of a filter's configuration, also of one within a TypedStruct. */
export function typeOf(config: Fields): string {
  const written = config.type_url ?? config["@type"];
  return typeof written === "string" ? written.slice(written.lastIndexOf("/") + 1) : "";
}

function onlyHas(fields: Fields, allowed: readonly string[]): boolean {
  return Object.keys(fields).every((name) => allowed.includes(name));
}

/** By name Istio's own telemetry, also where it is a Wasm program; else by type. */
function isHarmlessFilter(name: string, config: Fields = {}): boolean {
  return telemetry.test(name) || harmlessTypes.test(typeOf(config));
}

const telemetry =
  /^(istio\.(stats|stackdriver|metadata_exchange|access_log|peer_metadata)|envoy\.filters\.(network|http)\.(metadata_exchange|peer_metadata|grpc_stats|upstream_peer_metadata))$/;
const harmlessTypes =
  /\.http\.(compressor|decompressor|grpc_stats|buffer|local_ratelimit|ratelimit|bandwidth_limit|tap|header_to_metadata|on_demand)\.v3\.|\.network\.(local_ratelimit|ratelimit|connection_limit)\.v3\.|^(stats\.PluginConfig|io\.istio\.http\.peer_metadata\.Config)$|MetadataExchange$/;

const type = ["@type", "type_url", "value"];
const connectionManager = [
  ...[
    "access_log",
    "access_log_options",
    "tracing",
    "stat_prefix",
    "server_name",
    "server_header_transformation",
    "via",
  ],
  ...["generate_request_id", "preserve_external_request_id", "always_set_request_id_in_response", "add_user_agent"],
  ...["use_remote_address", "skip_xff_append", "xff_num_trusted_hops", "internal_address_config"],
  ...["forward_client_cert_details", "set_current_client_cert_details", "proxy_100_continue", "upgrade_configs"],
  ...["common_http_protocol_options", "http_protocol_options", "http2_protocol_options", "max_request_headers_kb"],
  ...["stream_idle_timeout", "request_timeout", "request_headers_timeout", "drain_timeout", "delayed_close_timeout"],
];
const listener = [
  ...["per_connection_buffer_limit_bytes", "socket_options", "access_log", "tcp_backlog_size", "enable_reuse_port"],
  ...[
    "connection_balance_config",
    "listener_filters_timeout",
    "stat_prefix",
    "max_connections_to_accept_per_socket_event",
  ],
];
const upstream = [
  ...["connect_timeout", "upstream_connection_options", "per_connection_buffer_limit_bytes", "circuit_breakers"],
  ...["outlier_detection", "max_requests_per_connection", "common_http_protocol_options", "track_cluster_stats"],
  ...["dns_refresh_rate", "respect_dns_ttl", "lb_policy", "common_lb_config"],
];
const route = [
  ...[
    "response_headers_to_add",
    "response_headers_to_remove",
    "rate_limits",
    "retry_policy",
    "virtual_clusters",
    "route",
  ],
  ...["typed_per_filter_config", "include_request_attempt_count", "per_request_buffer_limit_bytes"],
];
const action = ["timeout", "idle_timeout", "max_stream_duration", "retry_policy", "rate_limits", "hash_policy"];
