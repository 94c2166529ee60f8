import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '../../../src/base/flavor.ts';
import { damageFile, repairFile } from '../../../cluster/faults/damage-file.ts';
import { LoopDisk } from '../../../cluster/faults/loop-disk.ts';
import { SyncTracer } from '../../../cluster/faults/slow-disk.ts';
import type { SyncFault } from '../../../cluster/faults/slow-disk.ts';
import { waitUntil } from '../../../cluster/wait-until.ts';
import type { FaultKind, Field, Struck } from './field.ts';
import { logarithmic, release, take, takeAll } from './field.ts';
import { nameOf, restartable } from './process-faults.ts';

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

const fullDisk: FaultKind = {
  name: 'full-disk',
  scope: 'node',
  lastsMs: [3_000, 6_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const disk = field.disks.get(id);
    if (disk === undefined) return undefined;
    const freeBytes = random.integer(0, 64 * 1024);
    await disk.fill(freeBytes);
    let leastBytes = disk.freeBytes;
    const timer = setInterval(() => (leastBytes = Math.min(leastBytes, disk.freeBytes)), 100);
    const heal = async (): Promise<void> => {
      clearInterval(timer);
      disk.empty();
      await field.cluster.start([id]); // it may have stopped: then it says why
      release(field, [id]);
    };
    return {
      tells: `disk of ${nameOf(field, id)} full`,
      nodes: [id],
      heal,
      fired: () => Number(leastBytes <= 64 * 1024),
    };
  },
};

async function traceSyncs(
  field: Field,
  id: NodeId,
  fault: SyncFault,
  tells: string,
): Promise<Struck | undefined> {
  const pid = field.cluster.directory.readProcess(id)?.pid;
  const tracer = pid === undefined ? undefined : await SyncTracer.attach(pid, fault);
  if (tracer === undefined) {
    release(field, [id]);
    return undefined;
  }
  const heal = async (): Promise<void> => {
    await tracer.detach();
    await field.cluster.start([id]); // one whose disk failed has stopped
    release(field, [id]);
  };
  return { tells, nodes: [id], heal, fired: () => tracer.hits };
}

const slowDisk: FaultKind = {
  name: 'slow-disk',
  scope: 'node',
  lastsMs: [2_000, 6_000],
  strike: (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const delayMs = logarithmic(random, 20, 3_000);
    return traceSyncs(field, id, { kind: 'delay', delayMs }, `${delayMs} ms a sync of ${nameOf(field, id)}`);
  },
};

const failingDisk: FaultKind = {
  name: 'failing-disk',
  scope: 'node',
  lastsMs: [1_500, 3_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const struck = await traceSyncs(field, id, { kind: 'eio' }, `EIO on sync of ${nameOf(field, id)}`);
    if (struck === undefined) return undefined;
    const { cluster } = field;
    const stops = waitUntil({ what: `the stop of node ${id}`, timeoutMs: END_TIMEOUT_MS }, () =>
      cluster.processState(id) === 'stopped' ? true : undefined,
    );
    stops.catch(() => undefined); // told when it is healed
    return {
      ...struck,
      heal: async () => {
        try {
          await stops;
        } finally {
          await struck.heal();
        }
      },
    };
  },
};

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
      await cluster.start([id]);
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
