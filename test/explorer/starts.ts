import type { Entry } from '../../src/raft/entry.ts';
import type { NodeId } from '../../src/base/flavor.ts';

/** What is on a node's disk when the search begins: its term, and those of its entries. */
export interface StartDisk {
  readonly term: number;
  readonly vote?: NodeId;
  readonly log: readonly number[];
}

export interface Start {
  readonly name: string;
  readonly disks: readonly StartDisk[];
}

/**
 * Where runs begin. Each is a place that a cluster can come to; a search that begins there saves the
 * decisions on the way to it. The terms that a run may enter count from the highest of them.
 */
export const STARTS: readonly Start[] = [
  { name: 'nothing', disks: [] },
  // Of the Raft paper's figure 8, the part that three nodes are enough for: nodes 1 and 3 led once each,
  // and nobody has what they appended.
  {
    name: 'figure 8',
    disks: [
      { term: 2, log: [1] },
      { term: 2, vote: 3, log: [] },
      { term: 2, vote: 3, log: [2] },
    ],
  },
];

export function entriesOf({ log }: StartDisk): readonly Entry[] {
  return log.map((term, at) => ({ index: at + 1, term, kind: 'noop', data: new Uint8Array(0) }));
}
