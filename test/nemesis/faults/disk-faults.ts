import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '../../../src/base/flavor.ts';
import { StoreError } from '../../../src/base/errors.ts';
import { connect } from '../../../src/client/client.ts';
import type { Client } from '../../../src/client/client.ts';
import { damageFile, repairFile } from '../../../cluster/faults/damage-file.ts';
import type { InjectedDisk } from '../../../cluster/faults/injected-disk.ts';
import { LoopDisk } from '../../../cluster/faults/loop-disk.ts';
import { SyncTracer } from '../../../cluster/faults/sync-tracer.ts';
import type { SyncFault } from '../../../cluster/faults/sync-tracer.ts';
import type { LocalCluster } from '../../../cluster/local-cluster.ts';
import { fetchStatus } from '../../../cluster/node-http.ts';
import { waitUntil } from '../../../cluster/wait-until.ts';
import type { FaultKind, Field, Struck } from './field.ts';
import { logarithmic, release, startAgain, take, takeAll } from './field.ts';
import { nameOf, restartable } from './process-faults.ts';

const PRESSURE_BYTES = 60_000;
const PRESSURE_PAUSE_MS = 100;
const END_TIMEOUT_MS = 10_000;
const UP_TIMEOUT_MS = 15_000;

/** The disks first, then the processes: in between a node may find that its disk is gone, and must not tell otherwise. */
async function cutPower(field: Field, ids: readonly NodeId[], tells: string): Promise<Struck> {
  const { cluster } = field;
  const disks = ids.map((id) => field.disks.get(id)).filter((disk) => disk !== undefined);
  if (disks.length > 0) await LoopDisk.cutPower(disks);
  await Promise.all(ids.map((id) => cluster.kill(id)));
  const dark = await Promise.all(disks.map((disk) => disk.isDark()));
  const struck = restartable(field, ids, tells, disks.length === 0 ? 1 : dark.filter(Boolean).length);
  return {
    ...struck,
    heal: async () => {
      await Promise.all(disks.map((disk) => disk.remount()));
      await struck.heal();
    },
  };
}

const powerCut: FaultKind = {
  name: 'power-cut',
  scope: 'node',
  lastsMs: [0, 2_000],
  strike: async (field, random) => {
    const id = take(field, random);
    return id === undefined ? undefined : cutPower(field, [id], `power of ${nameOf(field, id)}`);
  },
};

const powerCutAll: FaultKind = {
  name: 'power-cut-all',
  scope: 'all',
  lastsMs: [0, 500],
  strike: async (field) => {
    const ids = takeAll(field);
    return ids === undefined ? undefined : cutPower(field, ids, 'power of all');
  },
};

/** A node whose disk is full takes no writes, says so, goes on with the rest, and recovers by itself. */
const fullDisk: FaultKind = {
  name: 'full-disk',
  scope: 'node',
  lastsMs: [3_000, 8_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const freeBytes = random.integer(0, 64 * 1024);
    const disk = field.disks.get(id);
    const injected = field.injected.get(id);
    const hitsBefore = injected?.hits ?? 0;
    if (disk === undefined) injected?.set({ full: true });
    else await disk.fill(freeBytes);
    let alarms = 0;
    const timer = setInterval(() => void alarmsOf(field, id).then((count) => (alarms += count)), 250);
    const pressure = new Pressure(field.cluster.endpoints);
    const heal = async (): Promise<void> => {
      clearInterval(timer);
      await pressure.end();
      const stopped = field.cluster.processState(id) === 'stopped';
      disk?.empty();
      injected?.set({});
      await startAgain(field, [id]);
      release(field, [id]);
      if (stopped) throw new Error(`node ${id} stopped because its disk was full`);
    };
    const fired = (): number => (disk === undefined ? (injected?.hits ?? 0) - hitsBefore : alarms);
    return { tells: `disk of ${nameOf(field, id)} full`, nodes: [id], heal, fired, lingers: true };
  },
};

/** How many alarms a node raises because of its disk. */
async function alarmsOf({ cluster }: Field, id: NodeId): Promise<number> {
  if (!cluster.ids.includes(id)) return 0;
  const status = await fetchStatus(cluster.listenOf(id));
  return status?.alarms.filter(({ code }) => code === 'NO_SPACE' || code === 'DISK_FULL').length ?? 0;
}

/** Writes that take up room in the log, so that a full disk is noticed before long. */
class Pressure {
  readonly #client: Client;
  readonly #loop: Promise<void>;
  #ended = false;

  constructor(endpoints: readonly string[]) {
    this.#client = connect(endpoints, { name: 'pressure', timeoutMs: 500 });
    this.#loop = this.#write();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#loop;
    await this.#client.close();
  }

  async #write(): Promise<void> {
    const value = new Uint8Array(PRESSURE_BYTES);
    while (!this.#isEnded) {
      try {
        await this.#client.kv.put('pressure', value);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
      await sleep(PRESSURE_PAUSE_MS);
    }
  }

  get #isEnded(): boolean {
    return this.#ended;
  }
}

/** From outside, by strace; where that is not installed, from inside the node. */
async function strikeSyncs(
  field: Field,
  id: NodeId,
  fault: SyncFault,
  tells: string,
): Promise<Struck | undefined> {
  const injected = field.injected.get(id);
  if (SyncTracer.missing() !== undefined || injected !== undefined) {
    return injected === undefined ? undefined : injectSyncs(field, id, injected, fault, tells);
  }
  const pid = field.cluster.directory.readProcess(id)?.pid;
  if (pid === undefined) {
    release(field, [id]);
    return undefined;
  }
  const tracer = await SyncTracer.attach(pid, fault);
  const heal = async (): Promise<void> => {
    await tracer.detach();
    await startAgain(field, [id]); // one whose disk failed has stopped
    release(field, [id]);
  };
  return { tells, nodes: [id], heal, fired: () => tracer.hits, lingers: true };
}

function injectSyncs(field: Field, id: NodeId, disk: InjectedDisk, fault: SyncFault, tells: string): Struck {
  const before = disk.hits;
  disk.set(fault.kind === 'eio' ? { syncFails: true } : { syncDelayMs: fault.delayMs });
  const heal = async (): Promise<void> => {
    disk.set({});
    await startAgain(field, [id]);
    release(field, [id]);
  };
  return { tells, nodes: [id], heal, fired: () => disk.hits - before, lingers: true };
}

const slowDisk: FaultKind = {
  name: 'slow-disk',
  scope: 'node',
  lastsMs: [2_000, 6_000],
  strike: (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const delayMs = logarithmic(random, 20, 3_000);
    return strikeSyncs(field, id, { kind: 'delay', delayMs }, `${delayMs} ms a sync of ${nameOf(field, id)}`);
  },
};

const failingDisk: FaultKind = {
  name: 'failing-disk',
  scope: 'node',
  lastsMs: [1_500, 3_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const struck = await strikeSyncs(field, id, { kind: 'eio' }, `EIO on sync of ${nameOf(field, id)}`);
    if (struck === undefined) return undefined;
    const { cluster } = field;
    const heal = async (): Promise<void> => {
      await untilIdleOrStopped(cluster, id, struck);
      const survived = struck.fired() > 0 && cluster.processState(id) !== 'stopped';
      await struck.heal();
      if (survived) throw new Error(`node ${id} went on after a sync that failed`);
    };
    return { ...struck, heal };
  },
};

/** A node whose sync fails stops; one that has nothing to sync does not meet the fault. */
async function untilIdleOrStopped(cluster: LocalCluster, id: NodeId, struck: Struck): Promise<void> {
  const untilMs = performance.now() + END_TIMEOUT_MS;
  while (performance.now() < untilMs && cluster.processState(id) !== 'stopped') {
    await sleep(100);
    if (struck.fired() === 0 && performance.now() > untilMs - END_TIMEOUT_MS / 2) return;
  }
}

/** Bits are flipped in a file of a node that is down. It repairs itself, or stops and names the file. */
const damagedFile: FaultKind = {
  name: 'damaged-file',
  scope: 'node',
  lastsMs: [0, 1_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const { cluster } = field;
    await cluster.kill(id);
    const wanted = random.pick([/\/log\//, /\/log\//, /\/state\/.*\.(ldb|log)$/, /identity\.json$/]);
    const damage = damageFile(cluster.directory.dataPath(id), wanted, random);
    if (damage === undefined) {
      await restartable(field, [id], '', 0).heal();
      return undefined;
    }
    const heal = async (): Promise<void> => {
      await cluster.start([id]);
      if (await stands(field, id)) return release(field, [id]);
      const told = readFileSync(cluster.directory.logPath(id), 'utf8').split('\n').slice(-20).join('\n');
      if (!told.includes(basename(damage.path)))
        throw new Error(`node ${id} stopped over ${damage.path}, which it does not name:\n${told}`);
      if (existsSync(damage.path)) repairFile(damage);
      await startAgain(field, [id]);
      release(field, [id]);
    };
    const tells = `${basename(damage.path)} of ${id} damaged at ${damage.offset}`;
    return { tells, nodes: [id], heal, fired: () => 1 };
  },
};

/** Whether a node that was started answers, and goes on to for a while. */
async function stands({ cluster }: Field, id: NodeId): Promise<boolean> {
  try {
    await waitUntil({ what: `node ${id}`, timeoutMs: UP_TIMEOUT_MS }, () =>
      cluster.waitUntilAnswering(id).then(() => true),
    );
    await sleep(1_000);
  } catch {
    return false;
  }
  return cluster.processState(id) !== 'stopped';
}

export const DISK_FAULTS: readonly FaultKind[] = [
  powerCut,
  powerCutAll,
  fullDisk,
  slowDisk,
  failingDisk,
  damagedFile,
];
