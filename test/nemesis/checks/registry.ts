import type { Operation } from '../history.ts';
import { TTL_MS } from '../workloads/registry.ts';
import { byKey, operationsOf, tell } from './evidence.ts';
import type { Evidence } from './evidence.ts';

/** How much faster than right a leader's clock may run in these tests. */
const CLOCK_RATE_MAX = 1.6;

/** An instance whose heartbeats are acknowledged is passing for as long as it said; a silent one is gone in the end. */
export function checkRegistry(evidence: Evidence): readonly string[] {
  const operations = operationsOf(evidence, 'registry');
  const lives = byKey(operations.filter(({ op }) => op !== 'lookup'));
  const wrong: string[] = [];
  for (const lookup of operations.filter(({ op, outcome }) => op === 'lookup' && outcome === 'ok')) {
    const seen = new Set(lookup.output as readonly string[]);
    for (const [id, life] of lives) {
      if (!isNear(life, lookup)) continue;
      if (mustLive(life, lookup) && !seen.has(`${id} passing`))
        wrong.push(`${tell(lookup)} did not see ${id}, which had just been acknowledged`);
    }
    for (const each of seen) {
      const life = lives.get(each.split(' ')[0] ?? '');
      const begun = life?.some(
        ({ op, outcome, callNs }) => op === 'register' && outcome !== 'fail' && callNs < lookup.returnNs,
      );
      if (begun !== true) wrong.push(`${tell(lookup)} saw ${each}, which nobody had registered`);
    }
  }
  for (const life of lives.values()) {
    for (const beat of life) {
      if (beat.op === 'heartbeat' && beat.output === false && mustLive(life, beat))
        wrong.push(`${tell(beat)} was told that it is not registered, though it had just been acknowledged`);
    }
  }
  for (const instance of evidence.final.instances)
    wrong.push(`${instance} is still there long after the end`);
  return wrong;
}

/** Whether its signs of life are from about the time of a lookup: a quick look, since there are many of both. */
function isNear(life: readonly Operation[], { callNs, returnNs }: Operation): boolean {
  const [first, last] = [life[0], life.at(-1)];
  if (first === undefined || last === undefined) return false;
  return first.callNs < returnNs && last.returnNs > callNs - TTL_MS * 1e6;
}

/** Whether an acknowledged sign of life is too young at the end of `look` for its time to live to have passed. */
function mustLive(life: readonly Operation[], look: Operation): boolean {
  const ageNsMax = (TTL_MS * 1e6) / CLOCK_RATE_MAX;
  const ends = life.filter(({ op, outcome }) => op === 'deregister' && outcome !== 'fail');
  if (ends.some(({ callNs }) => callNs < look.returnNs)) return false;
  return life.some(
    (sign) =>
      sign !== look &&
      sign.outcome === 'ok' &&
      (sign.op === 'register' || sign.output === true) &&
      sign.returnNs < look.callNs &&
      look.returnNs - sign.callNs < ageNsMax,
  );
}
