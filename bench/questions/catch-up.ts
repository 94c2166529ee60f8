import { CatchUp } from '../measure/catch-up.ts';
import type { Figures, Question } from '../question.ts';
import { KvorumTarget } from '../targets/kvorum.ts';

const MIB = 1024 * 1024;
const STATE_MIB = 1024;
const STATE_MIB_QUICK = 8;
const VALUE_BYTES = 8 * 1024;
const PUTS_PER_SECOND = 200;
const QUIET_MS = 10_000;

/** Every round a node is lost for good, and a fresh one takes its place: once while nobody asks for anything, once under puts. */
export const CATCH_UP_QUESTION: Question = {
  name: 'catch-up',
  asks: 'an empty follower catches up with 1 GiB, by itself and beside 200 puts a second',
  bars: [{ figure: 'mbPerSecond', wants: 'at least', bar: 60, moonshot: 200, unit: 'MB/s' }],
  begin: async (bench) => {
    const stateMib = bench.isQuick ? STATE_MIB_QUICK : STATE_MIB;
    const nodeFlags = [`--limit=stateBytesMax=${4 * stateMib * MIB}`];
    const target = await bench.start(await KvorumTarget.create({ firstPort: bench.nextPort(), nodeFlags }));
    const times = bench.isQuick ? { quietMs: 500, settleMs: 500 } : { quietMs: QUIET_MS };
    const options = { stateMib, valueBytes: VALUE_BYTES, perSecond: PUTS_PER_SECOND, ...times };
    const catchUp = new CatchUp(target, options);
    bench.note(`  filled 3 nodes with ${stateMib} MiB in ${(await catchUp.fill()).toFixed(1)} s`);
    return [
      { name: target.name, measure: () => catchUp.measureAlone() },
      { name: 'beside puts', measure: () => measure(catchUp) },
    ];
  },
};

async function measure(catchUp: CatchUp): Promise<Figures> {
  const { quiet, busy, ratio, mbPerSecond, installed } = await catchUp.measure();
  return {
    mbPerSecond,
    quietP99Ms: quiet.puts.p99Ms,
    busyP99Ms: busy.puts.p99Ms,
    busyOverQuiet: ratio,
    snapshots: installed ? 1 : 0,
    failures: busy.puts.failures,
    rssMib: Math.max(...Object.values(busy.rssMib)),
  };
}
