import { measureTarget } from '../measure/target-load.ts';
import type { Bar, Bench, Question, Subject } from '../question.ts';
import { measureDisk } from '../targets/disk.ts';
import { PEER_NAMES } from '../targets/peers.ts';
import { StubTarget } from '../targets/stub.ts';
import type { Target } from '../targets/target.ts';
import { fill, keyOf, putOn, VALUE_BYTES } from './keys.ts';

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

/**
 * How many operations a second does one Node process get out of three nodes, and how long does each take?
 * Beside it: how many the same process drives when nobody has to store anything.
 */
export const LOAD_QUESTIONS: readonly Question[] = LOADS.map((load) => ({
  name: load.name,
  asks: load.asks,
  bars: load.bars,
  begin: (bench) => begin(bench, load),
}));

async function begin(bench: Bench, load: Load): Promise<readonly Subject[]> {
  const stores = await bench.stores(PEER_NAMES);
  for (const store of stores) await bench.once(store, 'fill', () => fill(store, bench));
  const generator = await bench.start(await StubTarget.create(bench.nextPort()));
  const targets: readonly Target[] = [...stores, generator];
  const { operation: kind, inFlight } = load;
  for (const target of targets) {
    await bench.warmUp(target, { kind, operation: operationOn(target, load, bench), inFlight });
  }
  const subjects = targets.map((target): Subject => ({
    name: target.name,
    measure: () => {
      const { durationMs } = bench;
      return measureTarget(target, operationOn(target, load, bench), {
        inFlight: load.inFlight,
        bytesEach: load.operation === 'put' ? VALUE_BYTES : 0,
        warmUpMs: durationMs / 3,
        durationMs,
      });
    },
  }));
  if (load.overDisk !== true) return subjects;
  return [...subjects, { name: 'disk', measure: () => measureDisk(VALUE_BYTES, bench.durationMs) }];
}

function operationOn(
  target: Target,
  { operation }: Load,
  { keys }: Bench,
): (sequence: number) => Promise<void> {
  return operation === 'put' ? putOn(target, keys) : (sequence) => target.get(keyOf(sequence, keys));
}
