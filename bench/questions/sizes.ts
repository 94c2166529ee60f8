/** What changes with the size of the cluster, of the values and of the state? */
import { measureLoad, runLoad } from '../measure/closed-load.ts';
import type { Bench, Figures, Question } from '../question.ts';
import { measureDisk } from '../targets/disk.ts';
import { KvorumTarget } from '../targets/kvorum.ts';
import { fill, keyOf, VALUE } from './keys.ts';

const IN_FLIGHT = 256;
const MILLION = 1_000_000;
const MIB = 1024 * 1024;
const LARGE_IN_FLIGHT = 8;
const LARGE_KEYS = 64;

async function puts(target: KvorumTarget, keys: number, { durationMs }: Bench): Promise<Figures> {
  const put = (at: number): Promise<void> => target.put(keyOf(at, keys), VALUE);
  return measureLoad(target, put, { inFlight: IN_FLIGHT, warmUpMs: durationMs / 3, durationMs });
}

export const FIVE_NODES_QUESTION: Question = {
  name: 'five-nodes',
  asks: 'puts on 5 nodes and on 3, 256 in flight',
  bars: [{ figure: 'perSecond', over: '3 nodes', wants: 'at least', bar: 0.6, moonshot: 0.75 }],
  begin: async (bench) => {
    const five = await KvorumTarget.start({ firstPort: bench.nextPort(), size: 5 });
    const three = await KvorumTarget.start({ firstPort: bench.nextPort() });
    return {
      subjects: [
        { name: 'kvorum', measure: () => puts(five, 10_000, bench) },
        { name: '3 nodes', measure: () => puts(three, 10_000, bench) },
      ],
      close: async () => void (await Promise.all([five.stop(), three.stop()])),
    };
  },
};

export const MILLION_KEYS_QUESTION: Question = {
  name: 'million-keys',
  asks: 'puts, restart and memory with 1,000,000 keys',
  bars: [
    { figure: 'perSecond', over: '10,000 keys', wants: 'at least', bar: 0.8, moonshot: 0.95 },
    { figure: 'restartMs', wants: 'at most', bar: 3000, moonshot: 1000, unit: 'ms' },
    { figure: 'rssMib', wants: 'at most', bar: 600, moonshot: 300, unit: 'MiB' },
  ],
  begin: async (bench) => {
    const keys = bench.isQuick ? 10_000 : MILLION;
    const many = await KvorumTarget.start({ firstPort: bench.nextPort() });
    const few = await KvorumTarget.start({ firstPort: bench.nextPort() });
    const startMs = performance.now();
    await fill(many, { keys, inFlight: 1024 });
    bench.note(`filled with ${keys} keys in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    await fill(few);
    return {
      subjects: [
        {
          name: 'kvorum',
          measure: async () => ({
            ...(await puts(many, keys, bench)),
            restartMs: await many.restartFollower(),
          }),
        },
        { name: '10,000 keys', measure: () => puts(few, 10_000, bench) },
      ],
      close: async () => void (await Promise.all([many.stop(), few.stop()])),
    };
  },
};

export const LARGE_VALUES_QUESTION: Question = {
  name: 'large-values',
  asks: '1 MiB values, and the same bytes written and synced to three files',
  bars: [{ figure: 'bytesPerSecond', over: 'disk', wants: 'at least', bar: 0.3, moonshot: 0.6 }],
  begin: async (bench) => {
    const target = await KvorumTarget.start({ firstPort: bench.nextPort() });
    const value = new Uint8Array(MIB).fill(0x61);
    const { durationMs } = bench;
    return {
      subjects: [
        {
          name: 'kvorum',
          measure: async () => {
            const load = { inFlight: LARGE_IN_FLIGHT, warmUpMs: durationMs / 3, durationMs };
            const { perSecond, p50Ms, p99Ms } = await runLoad(
              (at) => target.put(keyOf(at, LARGE_KEYS), value),
              load,
            );
            return { bytesPerSecond: perSecond * MIB, p50Ms, p99Ms };
          },
        },
        { name: 'disk', measure: async () => ({ ...(await measureDisk(MIB, durationMs)) }) },
      ],
      close: () => target.stop(),
    };
  },
};
