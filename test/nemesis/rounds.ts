import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Field, Struck } from './faults/field.ts';
import type { PlannedFault, Round } from './schedule.ts';

/** A fault that was in force. */
export interface Happened {
  readonly kind: string;
  readonly tells: string;
  readonly nodes: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly fired: number;
}

const LINGERS_MS = 5_000;

export interface RoundOptions {
  readonly field: Field;
  readonly nowMs: () => number;
  readonly say: (line: string) => void;
}

export interface RoundOutcome {
  readonly happened: readonly Happened[];
  /** Faults that could not be struck or healed as they should, in words. */
  readonly problems: readonly string[];
}

/** Carries a round out, up to the moment when all is healed. */
export async function carryOut(round: Round, options: RoundOptions): Promise<RoundOutcome> {
  const happened: Happened[] = [];
  const problems: string[] = [];
  await Promise.all(
    round.faults.map(async (fault) => {
      try {
        const one = await carryOutOne(fault, options);
        if (one !== undefined) happened.push(one);
      } catch (error) {
        problems.push(`${fault.kind.name}: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }),
  );
  return { happened, problems };
}

async function carryOutOne(fault: PlannedFault, options: RoundOptions): Promise<Happened | undefined> {
  const { field, nowMs, say } = options;
  const { kind, seed, afterMs, lastsMs } = fault;
  await sleep(afterMs);
  const fromMs = nowMs();
  const struck: Struck | undefined = await kind.strike(field, new SeededRandom(seed));
  if (struck === undefined) {
    say(`${kind.name}: nobody left to strike`);
    return undefined;
  }
  say(`${kind.name}: ${struck.tells} (${lastsMs} ms)`);
  await sleep(lastsMs);
  const untilMs = performance.now() + LINGERS_MS;
  while (struck.lingers === true && struck.fired() === 0 && performance.now() < untilMs) await sleep(100);
  await struck.heal();
  return {
    kind: kind.name,
    tells: struck.tells,
    nodes: struck.nodes,
    fromMs,
    toMs: nowMs(),
    fired: struck.fired(),
  };
}
