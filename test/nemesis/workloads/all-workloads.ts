import { appendWorkload } from './append.ts';
import { counterWorkload } from './counter.ts';
import { registerWorkload } from './register.ts';
import { registryWorkload } from './registry.ts';
import { setWorkload } from './set.ts';
import { shopWorkload } from './shop.ts';
import type { Workload } from './workload.ts';

/** By name; each call makes it anew. */
export const WORKLOADS: Readonly<Record<string, () => Workload>> = {
  register: () => registerWorkload(5),
  append: () => appendWorkload(3),
  set: () => setWorkload(2),
  counter: () => counterWorkload(3),
  registry: () => registryWorkload(3),
  shop: () => shopWorkload(3),
};
