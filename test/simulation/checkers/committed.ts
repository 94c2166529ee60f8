/** A committed log made by hand, and calls of clients to go with it. */
import { RecordTree } from '../../../src/machine/record-tree.ts';
import type { SessionStamp } from '../../../src/machine/command.ts';
import type { Answer, CallRecord } from '../../../src/simulation/calls.ts';
import type { CommittedHistory, ReferenceEntry } from '../../../src/simulation/reference.ts';

export interface Applied {
  readonly machine: string;
  readonly body: unknown;
  readonly result: unknown;
  readonly revision?: number;
  readonly timeMs?: number;
}

/** Entry 1, 2, 3, …: each the command of that sequence number of session 1, and effective. */
export function committed(
  applied: readonly Applied[],
  tree: RecordTree = new RecordTree(),
): CommittedHistory {
  const entries = new Map<number, ReferenceEntry>();
  for (const [at, { machine, body, result, revision = at + 1, timeMs = at }] of applied.entries()) {
    const index = at + 1;
    entries.set(index, {
      index,
      logged: { machine, body, session: stamp(index), timeMs, wallMs: 0 },
      outcome: { kind: 'applied', result, revision, index },
      effective: true,
    });
  }
  const effectOf = (_: number, sequence: number): ReferenceEntry | undefined => entries.get(sequence);
  return { entries, effectOf, tree };
}

export function stamp(sequence: number): SessionStamp {
  return { id: 1, sequence, ackedBelow: 1 };
}

export function command(machine: string, body: unknown, sequence: number, answer: Answer): CallRecord {
  const call = { kind: 'command', machine, body } as const;
  return { client: 1, call, stamp: stamp(sequence), callUs: 0, returnUs: 1, answer };
}

export function query(machine: string, body: unknown, index: number, result: unknown): CallRecord {
  const call = { kind: 'query', machine, body, consistency: 'linearizable' } as const;
  return {
    client: 1,
    call,
    stamp: undefined,
    callUs: 0,
    returnUs: 1,
    answer: { kind: 'ok', result, revision: index, index },
  };
}
