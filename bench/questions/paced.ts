import { runLoad } from '../measure/closed-load.ts';
import { runPaced } from '../measure/paced-load.ts';
import type { Question } from '../question.ts';
import { keyOf, VALUE } from './keys.ts';

const IN_FLIGHT = 256;

/** How long do puts take at a rate that both stores can bear? */
export const PACED_QUESTION: Question = {
  name: 'paced-puts',
  asks: "puts at half of etcd's peak rate, measured from when each was due",
  bars: [{ figure: 'p99Ms', over: 'etcd', wants: 'at most', bar: 0.5, moonshot: 0.25 }],
  begin: async (bench) => {
    const targets = await bench.targets();
    // Without a peer, half of the own.
    const slowest = targets.at(-1);
    if (slowest === undefined) throw new TypeError('there is always one target');
    const put = (at: number): Promise<void> => slowest.put(keyOf(at), VALUE);
    const { durationMs } = bench;
    const peak = await runLoad(put, { inFlight: IN_FLIGHT, warmUpMs: durationMs / 3, durationMs });
    const perSecond = Math.round(peak.perSecond / 2);
    bench.note(`${slowest.name} takes ${Math.round(peak.perSecond)} puts/s at most: ${perSecond}/s for each`);
    const subjects = targets.map((target) => ({
      name: target.name,
      measure: async () => {
        const endMs = performance.now() + durationMs;
        const isOver = (): boolean => performance.now() >= endMs;
        const result = await runPaced((at) => target.put(keyOf(at), VALUE), perSecond, isOver);
        const { failures, p50Ms, p99Ms, p999Ms, maxMs } = result;
        return { perSecond, failures, p50Ms, p99Ms, p999Ms, maxMs };
      },
    }));
    return { subjects, close: () => Promise.resolve() };
  },
};
