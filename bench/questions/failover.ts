import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../cluster/wait-until.ts';
import type { Bench, Figures, Question, Subject } from '../question.ts';
import { KvorumTarget } from '../targets/kvorum.ts';
import { PEER_NAMES } from '../targets/peers.ts';
import type { StoreTarget } from '../targets/target.ts';
import { VALUE } from './keys.ts';

const PUT_EVERY_MS = 10;
const SETTLE_MS = 1_000;
const READY_MS = 60_000;
/** As etcd waits, by its defaults: at least that long, and at most twice. */
const ELECTION = ['--election-ms=1000', '--heartbeat-ms=100'];

/** For how long is there nobody who takes a put, when the leader is killed? */
export const FAILOVER_QUESTION: Question = {
  name: 'failover',
  asks: 'kill -9 of the leader to the next acknowledged put, same election timeout as etcd',
  bars: [{ figure: 'pauseMs', over: 'etcd', wants: 'at most', bar: 1, moonshot: 0.5 }],
  rounds: 20,
  begin: async (bench) => {
    const stores = await startAll(bench);
    return stores.map((store): Subject => ({ name: store.name, measure: () => measure(store) }));
  },
};

/** Kvorum waits as long as etcd does before it elects another; the other peers wait as they do. */
async function startAll(bench: Bench): Promise<readonly StoreTarget[]> {
  const own = await KvorumTarget.create({ firstPort: bench.nextPort(), nodeFlags: ELECTION });
  const [, ...peers] = await bench.stores(PEER_NAMES);
  return [await bench.start(own), ...peers];
}

/** A client may hold back for a while after the last pause, as that of etcd does. */
async function untilTaken(store: StoreTarget): Promise<void> {
  await waitUntil({ what: `${store.name} takes a put`, timeoutMs: READY_MS }, async () => {
    try {
      await store.put('failover', VALUE);
      return true;
    } catch {
      return undefined; // not yet
    }
  });
}

/** Puts begin at a fixed pace, whatever became of those before: the first that is acknowledged ends the pause. */
async function measure(store: StoreTarget): Promise<Figures> {
  await sleep(SETTLE_MS);
  await untilTaken(store);
  const killedMs = await store.killLeader();
  const acknowledged = new AbortController();
  let pauseMs = Number.NaN;
  const put = async (): Promise<void> => {
    try {
      await store.put('failover', VALUE);
    } catch {
      return; // another one will do
    }
    if (acknowledged.signal.aborted) return;
    pauseMs = performance.now() - killedMs;
    acknowledged.abort();
  };
  const puts: Promise<void>[] = [];
  while (!acknowledged.signal.aborted) {
    puts.push(put());
    await sleep(PUT_EVERY_MS);
  }
  await Promise.all(puts);
  await store.revive();
  return { pauseMs };
}
