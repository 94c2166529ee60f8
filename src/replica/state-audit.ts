import { assert } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import type { Index, NodeId } from '../base/flavor.ts';
import type { RecordView } from '../machine/record-tree.ts';
import { type EncodedRecord, encodeRecords } from './snapshot-chunk.ts';

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
  readonly view: RecordView;
  readonly records: Iterator<EncodedRecord>;
  hash: Uint8Array;
}

/** Records are encoded in groups of so many: the same on all nodes, since it is part of the hash. */
const GROUP_RECORDS = 64;
/** A record of more than so many bytes counts as several: what it costs to hash it grows with its size. */
const RECORD_BYTES = 512;
/** Hashes of so many audits are remembered: nodes finish at different times. */
const AUDITS_MAX = 4;

/**
 * Compares the states of the nodes. All of them apply the same log, so at the same entry they hold the
 * same records: if not, a machine is not deterministic, or a memory or a disk has lied. Each hashes a
 * constant view as of an entry that the leader put into the log for that, a few records at a time, and
 * tells the others.
 */
export class StateAudit {
  readonly #self: NodeId;
  readonly #codec: Codec;
  readonly #digest: Digest;
  #hashing: Hashing | undefined;
  readonly #audits = new Map<Index, Map<NodeId, string>>();

  constructor(self: NodeId, codec: Codec, digest: Digest) {
    this.#self = self;
    this.#codec = codec;
    this.#digest = digest;
  }

  /** This node has not hashed all of its state yet. */
  get isUnderWay(): boolean {
    return this.#hashing !== undefined;
  }

  /** The state is as of the entry at `index`, which asks for an audit. None is under way. */
  begin(view: RecordView, index: Index): void {
    assert(!this.isUnderWay, 'one audit at a time');
    this.#hashing = { index, view, records: view.encoded('', this.#codec), hash: new Uint8Array() };
  }

  /** Goes on for at most about so many records; the hash to tell the others, once it is complete. */
  step(recordsMax: number): StateHash | undefined {
    const hashing = this.#hashing;
    if (hashing === undefined) return undefined;
    for (let count = 0; count < recordsMax; count += GROUP_RECORDS) {
      const { group, isLast } = this.#group(hashing.records);
      if (group.length > 0) hashing.hash = this.#digest(hashing.hash, encodeRecords(this.#codec, group));
      if (!isLast) continue;
      this.#hashing = undefined;
      hashing.view.close();
      this.heard(this.#self, hashing);
      return { index: hashing.index, hash: hashing.hash };
    }
    return undefined;
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

  #group(records: Iterator<EncodedRecord>): {
    readonly group: readonly EncodedRecord[];
    readonly isLast: boolean;
  } {
    const group: EncodedRecord[] = [];
    for (let count = 0; count < GROUP_RECORDS;) {
      const next = records.next();
      if (next.done === true) return { group, isLast: true };
      group.push(next.value);
      count += 1 + Math.floor(next.value[1].length / RECORD_BYTES);
    }
    return { group, isLast: false };
  }
}

function majorityOf(hashes: readonly (string | undefined)[]): string | undefined {
  return hashes.find(
    (hash) => hash !== undefined && hashes.filter((other) => other === hash).length * 2 > hashes.length,
  );
}
