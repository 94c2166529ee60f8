/** Turns and disks made by hand, so that a property can be shown a state that no correct node is ever in. */
import { bootstrapConfiguration, type Configuration } from '../../../src/raft/configuration.ts';
import type { Entry, HardState } from '../../../src/raft/entry.ts';
import type { LogWrite } from '../../../src/raft/ready.ts';
import type { RaftInspection } from '../../../src/raft/inspection.ts';
import type { Input } from '../../../src/replica/input.ts';
import type { Output } from '../../../src/replica/output.ts';
import { NOTHING } from '../../replica/nothing.ts';
import type { DurableLog, TurnView } from '../../../src/simulation/properties/property.ts';

/** The configuration of every node that is given no other. */
const THREE: Configuration = bootstrapConfiguration(
  [1, 2, 3].map((id) => ({ id, address: '', incarnation: '' })),
);

/** A command at this index, of this term; its byte tells contents apart. */
export function entry(index: number, term: number, byte = 0): Entry {
  return { index, term, kind: 'command', data: Uint8Array.of(byte) };
}

/** One entry for each term, from index 1 on. */
export function log(...terms: readonly number[]): readonly Entry[] {
  return terms.map((term, at) => entry(at + 1, term));
}

export function raft(id: number, changes: Partial<RaftInspection> = {}): RaftInspection {
  const base = changes.base ?? { index: 0, term: 0 };
  const entries = changes.entries ?? [];
  const entryAt = (index: number): Entry | undefined => entries[index - base.index - 1];
  return {
    id,
    role: 'follower',
    term: 1,
    vote: undefined,
    leader: undefined,
    commitIndex: 0,
    appliedIndex: 0,
    stableIndex: base.index + entries.length,
    matchOf: () => undefined,
    holdsLease: false,
    holdsLeaseAt: () => false,
    configuration: THREE,
    configurationIndex: 0,
    ...changes,
    base,
    entries,
    lastIndex: base.index + entries.length,
    entryAt,
    termAt: (index) => (index === base.index ? base.term : entryAt(index)?.term),
  };
}

export function disk(
  entries: readonly Entry[] = [],
  hardState: HardState = { term: 1, vote: undefined },
  stateIndex = 0,
): DurableLog {
  return {
    hardState,
    base: { index: 0, term: 0 },
    lastIndex: entries.length,
    termAt: (index) => (index === 0 ? 0 : entries[index - 1]?.term),
    knows: ({ index, term }) => entries[index - 1]?.term === term,
    stateIndex,
  };
}

export interface Rest {
  readonly inputs?: readonly Input[];
  readonly output?: Partial<Output>;
  readonly disks?: readonly DurableLog[];
  readonly others?: readonly RaftInspection[];
  readonly nowMs?: number;
}

/** One turn of a node in a cluster of three. */
export function turn(
  view: RaftInspection,
  { inputs = [], output = {}, disks = [], others = [], nowMs = 0 }: Rest = {},
): TurnView {
  return {
    id: view.id,
    raft: view,
    inputs,
    output: { ...NOTHING, ...output },
    cluster: {
      members: [1, 2, 3],
      holdsLease: (id) => others.find((other) => other.id === id)?.holdsLease === true,
      durable: (id) => disks[id - 1] ?? disk(),
      nowMs: () => nowMs,
      raft: (id) => (id === view.id ? view : others.find((other) => other.id === id)),
    },
  };
}

export function write(changes: Partial<LogWrite>): LogWrite {
  return { id: 1, entries: [], ...changes };
}
