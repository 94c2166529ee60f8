/**
 * What does it cost the others when a node begins with an empty disk? Three nodes hold a large state;
 * one of them is lost for good, and a fresh one takes its place; the leader sends it the state, while
 * a client goes on putting at a modest fixed rate. `npm run catch-up [-- --mb 1024 --value-kib 8 --rate 200 --seconds 20 --limit NAME=N]`.
 */
import { scriptFlags } from '../cluster/script-flags.ts';
import { CatchUp, type CatchUpResult } from './measure/catch-up.ts';
import { onInterrupt } from './on-interrupt.ts';
import { KvorumTarget } from './targets/kvorum.ts';

const MIB = 1024 * 1024;
const RATIO_MAX = 3;

const flags = scriptFlags('catch-up', {
  mb: { type: 'string', default: '1024' },
  'value-kib': { type: 'string', default: '8' },
  rate: { type: 'string', default: '200' },
  seconds: { type: 'string', default: '20' },
  limit: { type: 'string', multiple: true, default: [] },
  port: { type: 'string', default: '7801' },
  json: { type: 'boolean', default: false },
});
const stateMib = Number(flags.mb);
const limits = [`stateBytesMax=${4 * stateMib * MIB}`, ...flags.limit].map((limit) => `--limit=${limit}`);
const target = await KvorumTarget.create({ firstPort: Number(flags.port), nodeFlags: limits });
onInterrupt(() => target.stop());
try {
  await target.start();
  const catchUp = new CatchUp(target, {
    stateMib,
    valueBytes: Number(flags['value-kib']) * 1024,
    perSecond: Number(flags.rate),
    quietMs: Number(flags.seconds) * 1000,
  });
  const seconds = await catchUp.fill();
  console.error(
    `filled ${stateMib} MiB in ${seconds.toFixed(0)} s, ${(stateMib / seconds).toFixed(1)} MiB/s`,
  );
  report(await catchUp.measure());
} finally {
  await target.stop();
}

function report(result: CatchUpResult): void {
  const { quiet, busy, ratio, mbPerSecond, installed } = result;
  if (flags.json) console.log(JSON.stringify({ stateMib, ...result }));
  else {
    for (const [name, { puts, seconds, rssMib }] of Object.entries({ quiet, busy })) {
      const { p50Ms, p99Ms, p999Ms, maxMs } = puts;
      const times = [p50Ms, p99Ms, p999Ms, maxMs].map((ms) => ms.toFixed(1)).join(' / ');
      const memory = Object.values(rssMib).join(', ');
      console.log(
        `${name.padEnd(6)} ${seconds.toFixed(1)} s  ${puts.operations} puts, ${puts.failures} failed`,
      );
      console.log(`       p50 / p99 / p99.9 / max ms: ${times}   RSS at most, MiB: ${memory}`);
    }
    console.log(
      `caught up with ${stateMib} MiB at ${mbPerSecond.toFixed(1)} MB/s, snapshot installed: ${installed}`,
    );
    console.log(`p99 of puts while it caught up: ${ratio.toFixed(2)} times its quiet value`);
  }
  if (ratio >= RATIO_MAX || !installed || busy.puts.failures > 0) process.exitCode = 1;
}
