export type {
  Applied,
  ApplyOptions,
  CallOptions,
  KubeClient,
  ListOptions,
  RemoveOptions,
  WatchEvent,
} from "./kubeClient.ts";
