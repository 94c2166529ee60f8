import type { NodeId } from '../../../src/base/flavor.ts';
import type { FaultKind, Field, Struck } from './field.ts';
import { logarithmic, release, startAgain, take, takeAll } from './field.ts';

const kill: FaultKind = {
  name: 'kill',
  scope: 'node',
  lastsMs: [0, 5_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    await field.cluster.kill(id);
    const dead = field.cluster.processState(id) === 'stopped';
    return restartable(field, [id], `kill -9 ${nameOf(field, id)}`, Number(dead));
  },
};

const killAll: FaultKind = {
  name: 'kill-all',
  scope: 'all',
  lastsMs: [0, 1_000],
  strike: async (field) => {
    const ids = takeAll(field);
    if (ids === undefined) return undefined;
    await Promise.all(ids.map((id) => field.cluster.kill(id)));
    return restartable(field, ids, 'kill -9 all', field.cluster.living.length === 0 ? 1 : 0);
  },
};

const killMajority: FaultKind = {
  name: 'kill-majority',
  scope: 'all',
  lastsMs: [500, 4_000],
  strike: async (field, random) => {
    const all = takeAll(field);
    if (all === undefined) return undefined;
    const ids = someOf(all, Math.floor(all.length / 2) + 1, random.integer(0, all.length - 1));
    await Promise.all(ids.map((id) => field.cluster.kill(id)));
    const struck = restartable(field, ids, `kill -9 ${ids.join(',')}`, 1);
    return { ...struck, heal: () => heal(field, ids, all) };
  },
};

const terminate: FaultKind = {
  name: 'terminate',
  scope: 'node',
  lastsMs: [0, 3_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    await field.cluster.stop([id]);
    return restartable(field, [id], `SIGTERM ${nameOf(field, id)}`, 1);
  },
};

/** One node after the other, each until it answers again. */
const rollingRestart: FaultKind = {
  name: 'rolling-restart',
  scope: 'all',
  lastsMs: [0, 0],
  strike: async (field) => {
    const ids = takeAll(field);
    if (ids === undefined) return undefined;
    for (const id of ids) {
      await field.cluster.restart(id);
      await field.cluster.waitUntilAnswering(id);
    }
    return { tells: 'rolling restart', nodes: ids, heal: () => release(field, ids), fired: () => ids.length };
  },
};

const pause: FaultKind = {
  name: 'pause',
  scope: 'node',
  lastsMs: [10, 60_000],
  strike: (field, random) => {
    const id = take(field, random);
    return id === undefined ? undefined : pauseThem(field, [id], `SIGSTOP ${nameOf(field, id)}`);
  },
};

const pauseAll: FaultKind = {
  name: 'pause-all',
  scope: 'all',
  lastsMs: [10, 3_000],
  strike: (field) => {
    const ids = takeAll(field);
    return ids === undefined ? undefined : pauseThem(field, ids, 'SIGSTOP all');
  },
};

/** Stopped and woken up over and over, for moments each: the leader's clock and its heartbeats limp. */
const stutter: FaultKind = {
  name: 'stutter',
  scope: 'node',
  lastsMs: [2_000, 5_000],
  strike: (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const { cluster } = field;
    const onMs = logarithmic(random, 10, 300);
    const offMs = logarithmic(random, 50, 1_500);
    let times = 0;
    let timer: NodeJS.Timeout;
    const stop = (): void => {
      cluster.pause(id);
      times++;
      timer = setTimeout(go, offMs);
    };
    const go = (): void => {
      cluster.resume(id);
      timer = setTimeout(stop, onMs);
    };
    stop();
    const heal = (): void => {
      clearTimeout(timer);
      cluster.resume(id);
      release(field, [id]);
    };
    const tells = `${nameOf(field, id)} runs ${onMs} ms and stops ${offMs} ms`;
    return { tells, nodes: [id], heal, fired: () => times };
  },
};

function pauseThem(field: Field, ids: readonly NodeId[], tells: string): Struck {
  const { cluster } = field;
  for (const id of ids) cluster.pause(id);
  let paused = 0;
  const heal = (): void => {
    paused = ids.filter((id) => cluster.processState(id) === 'paused').length;
    for (const id of ids) cluster.resume(id);
    release(field, ids);
  };
  return { tells, nodes: ids, heal, fired: () => paused };
}

/** Nodes that are down, and are started to heal. */
export function restartable(field: Field, ids: readonly NodeId[], tells: string, fired: number): Struck {
  return { tells, nodes: ids, heal: () => heal(field, ids, ids), fired: () => fired };
}

async function heal(field: Field, ids: readonly NodeId[], taken: readonly NodeId[]): Promise<void> {
  await startAgain(field, ids);
  release(field, taken);
}

function someOf(ids: readonly NodeId[], count: number, from: number): readonly NodeId[] {
  return Array.from({ length: count }, (_, at) => ids[(from + at) % ids.length] ?? 0);
}

/** With what it is just now. */
export function nameOf({ leader }: Field, id: NodeId): string {
  return leader() === id ? `${id} (leader)` : `${id}`;
}

export const PROCESS_FAULTS: readonly FaultKind[] = [
  kill,
  killMajority,
  killAll,
  terminate,
  rollingRestart,
  pause,
  pauseAll,
  stutter,
];
