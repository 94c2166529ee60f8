import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../history.ts';
import type { Seat, Workload } from './workload.ts';

export const SERVICE = 'nemesis';
export const TTL_MS = 3_000;
export const DEREGISTER_AFTER_MS = 3_000;

/** Each client registers an instance, keeps it alive, looks for the others, and falls silent at times. */
export function registryWorkload(seats: number): Workload {
  return {
    name: 'registry',
    seats,
    async run(seat: Seat): Promise<void> {
      for (let life = 0; !seat.stopped; life++) await live(seat, `${seat.name}.${life}`);
    },
  };
}

async function live(seat: Seat, id: string): Promise<void> {
  const { client, random } = seat;
  const description = { service: SERVICE, id, address: '127.0.0.1', port: 1 };
  const limits = { ttlMs: TTL_MS, deregisterAfterMs: DEREGISTER_AFTER_MS };
  const registered = await seat.call({ op: 'register', key: id }, async () => {
    const { revision } = await client.registry.registerOnce({ ...description, ...limits });
    return { revision };
  });
  await seat.pause();
  if (registered.outcome === 'fail') return;
  for (let beats = random.integer(5, 60); beats > 0 && !seat.stopped; beats--) {
    const beat = await seat.call({ op: 'heartbeat', key: id }, async () => ({
      output: (await client.registry.heartbeat(SERVICE, id)).known,
    }));
    if (beat.output === false) return; // it expired: the check says whether it may have
    await look(seat);
    await sleep(random.integer(0, TTL_MS / 10));
  }
  if (random.chance(0.5)) {
    await seat.call({ op: 'deregister', key: id }, async () => ({
      output: await client.registry.deregister(SERVICE, id),
    }));
  } else {
    // Falls silent, and looks on.
    for (let turn = 0; turn < 5 && !seat.stopped; turn++) {
      await look(seat);
      await sleep(TTL_MS / 10);
    }
  }
}

async function look(seat: Seat): Promise<void> {
  await seat.call({ op: 'lookup', key: SERVICE, reads: true }, async (): Promise<Answer> => {
    const found = await seat.client.registry.lookup(SERVICE);
    return { output: found.map(({ id, status }) => `${id} ${status}`) };
  });
  await seat.pause();
}
