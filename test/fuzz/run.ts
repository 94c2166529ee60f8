/**
 * `npm run fuzz [-- --cases N --seed S --only TARGET --from N]`: hostile input, so many cases for each
 * target. None may be taken for something else, stop the process, or stall it. A case that fails is
 * named with the command that runs it alone.
 */
import { randomInt } from 'node:crypto';
import { scriptFlags } from '../../cluster/script-flags.ts';
import { fuzz, type FuzzResult } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const flags = scriptFlags('fuzz', {
  cases: { type: 'string', default: '100000' },
  seed: { type: 'string', default: String(randomInt(2 ** 20)) },
  from: { type: 'string', default: '0' },
  only: { type: 'string' },
});
const BATCH = 10_000;

const targets = TARGETS.filter(({ name }) => flags.only === undefined || name === flags.only);
const seed = Number(flags.seed);
console.info(`seed ${seed}`);
let total = 0;
for (const target of targets) {
  let sum: FuzzResult = { target: target.name, cases: 0, taken: 0, slowestMs: 0, seconds: 0 };
  for (let done = 0; done < Number(flags.cases); done += BATCH) {
    const cases = Math.min(BATCH, Number(flags.cases) - done);
    const part = fuzz(target, seed, Number(flags.from) + done, cases);
    sum = {
      target: target.name,
      cases: sum.cases + cases,
      taken: sum.taken + part.taken,
      slowestMs: Math.max(sum.slowestMs, part.slowestMs),
      seconds: sum.seconds + part.seconds,
    };
    if (Math.floor(sum.cases / 1_000_000) > Math.floor((sum.cases - cases) / 1_000_000)) report(sum);
  }
  report(sum);
  total += sum.cases;
}
console.info(`${total} hostile inputs, none taken for something else`);

function report({ target, cases, taken, slowestMs, seconds }: FuzzResult): void {
  const rate = Math.round(cases / Math.max(seconds, 0.001));
  const share = ((100 * taken) / Math.max(cases, 1)).toFixed(1);
  console.info(`${target}: ${cases} cases, ${rate}/s, ${share}% taken, slowest ${slowestMs.toFixed(1)} ms`);
}
