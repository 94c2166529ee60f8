import { assert } from '../base/assert.ts';
import type { Index, NodeId } from '../base/flavor.ts';
import type { RecordSweep } from '../machine/record-sweep.ts';

/** The state of a node, as of an entry that all of them hash at. */
export interface StateHash {
  readonly index: Index;
  readonly hash: Uint8Array;
}

/** A node whose state is another one than that of a majority. */
export interface Divergence {
  readonly node: NodeId;
  readonly index: Index;
}

interface Hashing {
  readonly index: Index;
  readonly sweep: RecordSweep;
}

/** Hashes of so many audits are remembered: nodes finish at different times. */
const AUDITS_MAX = 4;

/**
 * Compares the states of the nodes. All of them apply the same log, so at the same entry they hold the
 * same records: if not, a machine is not deterministic, or a memory or a disk has lied. Each sums up
 * its state as of an entry that the leader put into the log for that, a few records at a time, and tells
 * the others.
 */
export class StateAudit {
  readonly #self: NodeId;
  #hashing: Hashing | undefined;
  readonly #audits = new Map<Index, Map<NodeId, string>>();

  constructor(self: NodeId) {
    this.#self = self;
  }

  /** This node has not hashed all of its state yet. */
  get isUnderWay(): boolean {
    return this.#hashing !== undefined;
  }

  /** The state is as of the entry at `index`, which asks for an audit. None is under way. */
  begin(sweep: RecordSweep, index: Index): void {
    assert(!this.isUnderWay, 'one audit at a time');
    this.#hashing = { index, sweep };
  }

  /** Goes on for about so many records at most; the hash to tell the others, once it is complete. */
  step(recordsMax: number): StateHash | undefined {
    if (this.#hashing === undefined) return undefined;
    const { index, sweep } = this.#hashing;
    const hash = sweep.step(recordsMax);
    if (hash === undefined) return undefined;
    this.#hashing = undefined;
    this.heard(this.#self, { index, hash });
    return { index, hash };
  }

  heard(from: NodeId, { index, hash }: StateHash): void {
    const audit = this.#audits.get(index) ?? new Map<NodeId, string>();
    this.#audits.set(index, audit.set(from, hash.join(',')));
    const oldest = [...this.#audits.keys()].toSorted((one, other) => one - other);
    for (const old of oldest.slice(0, -AUDITS_MAX)) this.#audits.delete(old);
  }

  /** Who differs from a majority of these nodes, which agree: by the newest audit that tells of each. */
  divergences(voters: readonly NodeId[]): readonly Divergence[] {
    const found = new Map<NodeId, Divergence | undefined>();
    for (const index of [...this.#audits.keys()].toSorted((one, other) => one - other)) {
      const audit = this.#audits.get(index) ?? new Map<NodeId, string>();
      const agreed = majorityOf(voters.map((id) => audit.get(id)));
      if (agreed === undefined) continue;
      for (const [node, hash] of audit) found.set(node, hash === agreed ? undefined : { node, index });
    }
    return [...found.values()].filter((each) => each !== undefined);
  }
}

function majorityOf(hashes: readonly (string | undefined)[]): string | undefined {
  return hashes.find(
    (hash) => hash !== undefined && hashes.filter((other) => other === hash).length * 2 > hashes.length,
  );
}
