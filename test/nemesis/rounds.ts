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

export interface RoundOptions {
  readonly field: Field;
  readonly nowMs: () => number;
  readonly say: (line: string) => void;
}

/** Carries a round out, up to the moment when all is healed. */
export async function carryOut(round: Round, options: RoundOptions): Promise<readonly Happened[]> {
  const outcomes = await Promise.allSettled(round.faults.map((fault) => carryOutOne(fault, options)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? (outcome.value ?? []) : []));
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
