import { measureLoad } from '../measure/closed-load.ts';
import type { Bar, Bench, Figures, Question, Subject } from '../question.ts';
import { measureDisk } from '../targets/disk.ts';
import type { Target } from '../targets/target.ts';
import { fill, keyOf, VALUE, VALUE_BYTES } from './keys.ts';

interface Load {
  readonly name: string;
  readonly asks: string;
  readonly operation: 'put' | 'get';
  readonly inFlight: number;
  readonly bars: readonly Bar[];
  /** What the disk takes for the same bytes is measured as well. */
  readonly overDisk?: boolean;
}

const LOADS: readonly Load[] = [
  {
    name: 'puts',
    asks: 'puts from one Node process, 256 in flight',
    operation: 'put',
    inFlight: 256,
    bars: [{ figure: 'perSecond', over: 'etcd', wants: 'at least', bar: 10, moonshot: 20 }],
  },
  {
    name: 'put-one-by-one',
    asks: 'puts from one Node process, 1 in flight',
    operation: 'put',
    inFlight: 1,
    bars: [
      { figure: 'perSecond', over: 'etcd', wants: 'at least', bar: 2.5, moonshot: 4 },
      { figure: 'p50Ms', over: 'disk', wants: 'at most', bar: 2.5, moonshot: 1.6 },
    ],
    overDisk: true,
  },
  {
    name: 'gets',
    asks: 'linearizable gets from one Node process, 256 in flight',
    operation: 'get',
    inFlight: 256,
    bars: [{ figure: 'perSecond', over: 'etcd', wants: 'at least', bar: 20, moonshot: 50 }],
  },
];

/** How many operations a second does one Node process get out of three nodes, and how long does each take? */
export const LOAD_QUESTIONS: readonly Question[] = LOADS.map((load) => ({
  name: load.name,
  asks: load.asks,
  bars: load.bars,
  begin: async (bench) => {
    const targets = await bench.targets();
    for (const target of targets) await fill(target);
    const subjects = targets.map((target): Subject => ({
      name: target.name,
      measure: () => measure(bench, target, load),
    }));
    const disk = {
      name: 'disk',
      measure: async () => ({ ...(await measureDisk(VALUE_BYTES, bench.durationMs)) }),
    };
    return { subjects: load.overDisk === true ? [...subjects, disk] : subjects, close: nothing };
  },
}));

function nothing(): Promise<void> {
  return Promise.resolve();
}

function measure({ durationMs }: Bench, target: Target, { operation, inFlight }: Load): Promise<Figures> {
  const run =
    operation === 'put'
      ? (sequence: number): Promise<void> => target.put(keyOf(sequence), VALUE)
      : (sequence: number): Promise<void> => target.get(keyOf(sequence));
  return measureLoad(target, run, { inFlight, warmUpMs: durationMs / 3, durationMs });
}
