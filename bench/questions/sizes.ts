/** What changes with the size of the cluster, of the values and of the state? */
import { measureTarget } from '../measure/target-load.ts';
import type { Bench, Figures, Question } from '../question.ts';
import { measureDisk } from '../targets/disk.ts';
import { KvorumTarget } from '../targets/kvorum.ts';
import { fill, keyOf, putOn, VALUE_BYTES } from './keys.ts';

const IN_FLIGHT = 256;
const MILLION = 1_000_000;
const MIB = 1024 * 1024;
const LARGE_IN_FLIGHT = 8;
const LARGE_KEYS = 64;

/** A cluster of its own, of which every key is there and warm. */
async function startFilled(bench: Bench, keys: number, size = 3): Promise<KvorumTarget> {
  const target = await bench.start(await KvorumTarget.create({ firstPort: bench.nextPort(), size }));
  const startMs = performance.now();
  await fill(target, { keys, inFlight: 1024 });
  const seconds = (performance.now() - startMs) / 1000;
  bench.note(`  filled ${size} nodes with ${keys} keys in ${seconds.toFixed(1)} s`);
  await bench.warmUp(target, { kind: 'put', operation: putOn(target, keys), inFlight: IN_FLIGHT });
  return target;
}

function puts(target: KvorumTarget, keys: number, { durationMs }: Bench): Promise<Figures> {
  const load = { inFlight: IN_FLIGHT, warmUpMs: durationMs / 3, durationMs };
  return measureTarget(target, putOn(target, keys), { ...load, bytesEach: VALUE_BYTES });
}

export const FIVE_NODES_QUESTION: Question = {
  name: 'five-nodes',
  asks: 'puts on 5 nodes and on 3, 256 in flight',
  bars: [{ figure: 'perSecond', over: '3 nodes', wants: 'at least', bar: 0.6, moonshot: 0.75 }],
  begin: async (bench) => {
    const five = await startFilled(bench, bench.keys, 5);
    const three = await startFilled(bench, bench.keys);
    return [
      { name: 'kvorum', measure: () => puts(five, bench.keys, bench) },
      { name: '3 nodes', measure: () => puts(three, bench.keys, bench) },
    ];
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
    const keys = bench.isQuick ? 10 * bench.keys : MILLION;
    const many = await startFilled(bench, keys);
    const few = await startFilled(bench, bench.keys);
    const load = { kind: 'put', operation: putOn(many, keys), inFlight: IN_FLIGHT, again: true } as const;
    const measure = async (): Promise<Figures> => {
      const restartMs = await many.restartFollower();
      // What was started anew is cold, and the others are not.
      await bench.warmUp(many, load);
      return { ...(await puts(many, keys, bench)), restartMs };
    };
    return [
      { name: 'kvorum', measure },
      { name: '10,000 keys', measure: () => puts(few, bench.keys, bench) },
    ];
  },
};

export const LARGE_VALUES_QUESTION: Question = {
  name: 'large-values',
  asks: '1 MiB values, and the same bytes written and synced to three files',
  bars: [{ figure: 'bytesPerSecond', over: 'disk', wants: 'at least', bar: 0.3, moonshot: 0.6 }],
  begin: async (bench) => {
    const target = await bench.start(await KvorumTarget.create({ firstPort: bench.nextPort() }));
    const value = new Uint8Array(MIB).fill(0x61);
    const { durationMs } = bench;
    const put = (at: number): Promise<void> => target.put(keyOf(at, LARGE_KEYS), value);
    const load = { inFlight: LARGE_IN_FLIGHT, warmUpMs: durationMs / 3, durationMs };
    // So few puts would leave most of the code to the interpreter.
    await bench.warmUp(target, { kind: 'put', operation: putOn(target, bench.keys), inFlight: IN_FLIGHT });
    await bench.warmUp(target, { kind: 'put', operation: put, inFlight: LARGE_IN_FLIGHT });
    return [
      {
        name: 'kvorum',
        measure: async () => {
          const { perSecond, ...figures } = await measureTarget(target, put, { ...load, bytesEach: MIB });
          return { bytesPerSecond: (perSecond ?? 0) * MIB, ...figures };
        },
      },
      { name: 'disk', measure: () => measureDisk(MIB, durationMs) },
    ];
  },
};
