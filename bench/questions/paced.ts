import { runLoad } from '../measure/closed-load.ts';
import { runPaced } from '../measure/paced-load.ts';
import type { Figures, Question, Subject } from '../question.ts';
import { putOn } from './keys.ts';

const IN_FLIGHT = 256;

type Put = (sequence: number) => Promise<void>;

/** How long do puts take at a rate that both stores can bear? */
export const PACED_QUESTION: Question = {
  name: 'paced-puts',
  asks: "puts at half of etcd's peak rate, measured from when each was due",
  bars: [{ figure: 'p99Ms', over: 'etcd', wants: 'at most', bar: 0.5, moonshot: 0.25 }],
  begin: async (bench) => {
    const stores = await bench.stores(['etcd']);
    for (const store of stores) {
      await bench.warmUp(store, { kind: 'put', operation: putOn(store, bench.keys), inFlight: IN_FLIGHT });
    }
    // Without etcd, half of the own.
    const slowest = stores.at(-1);
    if (slowest === undefined) throw new TypeError('there is always one store');
    const { durationMs } = bench;
    const load = { inFlight: IN_FLIGHT, warmUpMs: durationMs / 3, durationMs };
    const peak = await runLoad(putOn(slowest, bench.keys), load);
    const perSecond = Math.round(peak.perSecond / 2);
    bench.note(
      `  ${slowest.name} takes ${Math.round(peak.perSecond)} puts/s at most: ${perSecond}/s for each`,
    );
    return stores.map((store): Subject => ({
      name: store.name,
      measure: () => measure(putOn(store, bench.keys), perSecond, durationMs),
    }));
  },
};

async function measure(put: Put, perSecond: number, durationMs: number): Promise<Figures> {
  const endMs = performance.now() + durationMs;
  const isOver = (): boolean => performance.now() >= endMs;
  const { operations: _, ...figures } = await runPaced(put, perSecond, isOver);
  return { perSecond, ...figures };
}
