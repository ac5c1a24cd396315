import { reachability } from "@isthmus/core/reachability";
import { traceWorld } from "@isthmus/core/trace";
import { wholeMesh } from "/tmp/wt/diffspeed/bench/wholeMesh.ts";
reachability(traceWorld(wholeMesh(100)));
console.log([...(globalThis as any).IPS].sort((a,b)=>b[1]-a[1]).slice(0,10));
