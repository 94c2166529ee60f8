import { waitUntil } from '../../cluster/wait-until.ts';
import { runLoad } from '../measure/closed-load.ts';
import type { Figures, Question } from '../question.ts';
import type { StoreTarget, WatchableTarget } from '../targets/target.ts';
import { VALUE } from './keys.ts';

const WATCHERS = 1000;
const IN_FLIGHT = 16;
const BEGIN_MS = 30_000;
const DRAIN_MS = 60_000;

/** How many events a second reach 1,000 watchers of one prefix, all in one process? */
export const WATCHERS_QUESTION: Question = {
  name: 'watchers',
  asks: `events delivered to ${WATCHERS} watchers of one prefix`,
  bars: [{ figure: 'perSecond', over: 'etcd', wants: 'at least', bar: 5, moonshot: 10 }],
  begin: async (bench) => {
    const stores = (await bench.stores(['etcd'])).filter(isWatchable);
    const { durationMs } = bench;
    for (const store of bench.isQuick ? [] : stores) await measure(store, durationMs);
    return stores.map((store) => ({ name: store.name, measure: () => measure(store, durationMs) }));
  },
};

function isWatchable(store: StoreTarget): store is WatchableTarget {
  return 'watch' in store;
}

async function measure(target: WatchableTarget, durationMs: number): Promise<Figures> {
  const counts = Array.from({ length: WATCHERS }, () => 0);
  const ends = counts.map((_, at) =>
    target.watch('watched/', () => {
      counts[at] = (counts[at] ?? 0) + 1;
    }),
  );
  try {
    await waitUntil({ what: 'all watchers to see something', timeoutMs: BEGIN_MS }, async () => {
      await target.put('watched/first', VALUE);
      return counts.every((count) => count > 0) || undefined;
    });
    const before = total(counts);
    const startMs = performance.now();
    const { operations } = await runLoad((at) => target.put(`watched/${at % 100}`, VALUE), {
      inFlight: IN_FLIGHT,
      durationMs,
    });
    // What was put counts once everyone has seen it.
    const all = before + operations * WATCHERS;
    await waitUntil({ what: 'all events', timeoutMs: DRAIN_MS }, () => total(counts) >= all || undefined);
    const seconds = (performance.now() - startMs) / 1000;
    return { perSecond: (total(counts) - before) / seconds, puts: operations / seconds };
  } finally {
    await Promise.all(ends.map((end) => end()));
  }
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
