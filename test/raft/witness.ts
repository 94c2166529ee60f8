import { assert } from '../../src/base/assert.ts';
import type { Index, NodeId, Term } from '../../src/base/flavor.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { Membership } from '../../src/raft/membership.ts';
import type { Cluster, Member } from './cluster.ts';

/** Remembers a run, and objects to what must never happen in it (Raft paper, figure 3). */
export class Witness {
  readonly #cluster: Cluster;
  readonly #leaders = new Map<Term, NodeId>();
  readonly #applied = new Map<Index, Entry>();
  readonly #seen = new Map<Member, number>();
  /** For each read, the highest index that anybody had applied when it was asked for. */
  readonly #reads = new Map<number, Index>();
  #appliedMax: Index = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Entries that some member has applied. */
  get appliedMax(): Index {
    return this.#appliedMax;
  }

  /** A read is asked for now; gives its id. */
  readAsked(): number {
    const id = this.#reads.size + 1;
    this.#reads.set(id, this.#appliedMax);
    return id;
  }

  look(): void {
    for (const member of this.#cluster.members) {
      if (!member.isUp) continue;
      this.#lookAtLeader(member);
      this.#lookAtApplied(member);
      for (const { id, index } of member.reads.splice(0)) {
        assert(
          index >= (this.#reads.get(id) ?? Infinity),
          'a read sees what was applied before it was asked for',
        );
      }
    }
  }

  #lookAtLeader({ raft }: Member): void {
    if (raft.role !== 'leader') return;
    const { id, term } = raft.inspect();
    assert((this.#leaders.get(term) ?? id) === id, `term ${term} has one leader`);
    if (!this.#leaders.has(term)) {
      // Leader completeness: what was applied before is in the log of every later leader.
      for (const entry of this.#applied.values()) {
        const { base } = raft.inspect();
        const held = raft.inspect().entryAt(entry.index);
        assert(
          entry.index <= base.index || isSame(held, entry) || entry.term > term,
          'a leader has all that was applied',
        );
      }
    }
    this.#leaders.set(term, id);
  }

  #lookAtApplied(member: Member): void {
    for (const item of member.applied.slice(this.#seen.get(member) ?? 0)) {
      if (!('snapshot' in item)) this.#onApplied(item);
    }
    this.#seen.set(member, member.applied.length);
  }

  #onApplied(entry: Entry): void {
    const known = this.#applied.get(entry.index);
    assert(known === undefined || isSame(known, entry), `index ${entry.index} is applied alike everywhere`);
    if (known !== undefined) return;
    const { members } = this.#cluster;
    const holders = members.filter(({ disk }) => {
      const held = disk.entries[entry.index - disk.base.index - 1];
      return isSame(held, entry) || disk.base.index >= entry.index;
    });
    const ids = new Set(holders.map(({ config }) => config.id));
    assert(
      // Of a configuration that counts somewhere; which it was at the leader is not known here.
      members
        .flatMap(({ raft, disk }) => [raft.configuration, disk.configuration])
        .some((configuration) => new Membership(configuration).isMajority((id) => ids.has(id))),
      'what is applied is on the disks of a majority',
    );
    this.#applied.set(entry.index, entry);
    this.#appliedMax = Math.max(this.#appliedMax, entry.index);
  }
}

function isSame(one: Entry | undefined, other: Entry): boolean {
  if (one === undefined) return false;
  const { index, term, kind, data } = one;
  return (
    index === other.index &&
    term === other.term &&
    kind === other.kind &&
    Buffer.compare(data, other.data) === 0
  );
}
