import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StoreError } from '../src/base/errors.ts';
import { ownSubject, type Subject } from '../src/simulation/run.ts';
import type { Simulation } from '../src/simulation/simulate.ts';
import type { Swarm } from '../src/simulation/swarm.ts';

/** What each run of a seed simulates: made anew for every run, since workloads remember. */
export type SubjectOf = (swarm: Swarm) => Subject;

/**
 * Kvorum's own machines, or those of a file: it exports a function `simulation` that gives machines, a
 * workload and invariants (see `Simulation` of `kvorum/testing`).
 *
 * @throws StoreError CONFIG_INVALID for a file that does not load, or exports no such function
 */
export async function loadSubject(file: string | undefined): Promise<SubjectOf> {
  if (file === undefined) return ownSubject;
  const simulation = await exportOf(file);
  return () => {
    const { machines, workload, invariants = [] } = simulation();
    return { machines, workloads: [workload], invariants };
  };
}

async function exportOf(file: string): Promise<() => Simulation> {
  let loaded: object;
  try {
    loaded = (await import(pathToFileURL(resolve(file)).href)) as object;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError('CONFIG_INVALID', `${file} does not load: ${message}`, { cause });
  }
  const { simulation } = loaded as { readonly simulation?: unknown };
  if (typeof simulation === 'function') return simulation as () => Simulation;
  const wanted = 'a function `simulation` that gives { machines, workload, invariants }';
  throw new StoreError('CONFIG_INVALID', `${file} does not export ${wanted}`);
}
