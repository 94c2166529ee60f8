import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert } from '../../src/base/assert.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { Cluster } from './cluster.ts';
import type { Member } from './cluster.ts';

/** Who led each term, and which entry was first applied at each index: neither may ever have a second answer. */
class Witness {
  readonly leaders = new Map<number, number>();
  readonly applied = new Map<number, Entry>();
  readonly #seen = new Map<Member, number>();

  look(cluster: Cluster): void {
    for (const member of cluster.members) {
      if (member.isUp) this.#lookAt(member);
    }
  }

  #lookAt(member: Member): void {
    const { role, term, id } = member.raft.inspect();
    if (role === 'leader') {
      assert((this.leaders.get(term) ?? id) === id, `term ${term} has one leader`);
      this.leaders.set(term, id);
    }
    const from = this.#seen.get(member) ?? 0;
    for (let at = from; at < member.applied.length; at++) {
      const item = member.applied[at];
      if (item !== undefined && 'index' in item) this.#apply(item);
    }
    this.#seen.set(member, member.applied.length);
  }

  #apply(entry: Entry): void {
    assert((this.applied.get(entry.index) ?? entry) === entry, `index ${entry.index} is applied alike`);
    this.applied.set(entry.index, entry);
  }
}

/** One step of a run: something happens to some member or to some message. */
function shake(
  cluster: Cluster,
  random: SeededRandom,
  rates: { readonly loss: number; readonly crash: number },
): void {
  const member = random.pick(cluster.members);
  if (!member.isUp) {
    if (!random.chance(0.05)) return;
    // One of three may lose its state: the others hold what is committed, and can lead.
    if (cluster.members.length >= 3 && member.config.id === 1 && random.chance(0.3)) member.loseState();
    member.restart();
    return;
  }
  if (random.chance(rates.crash)) {
    if (random.chance(0.5)) member.complete(random.integer(0, member.writes.length));
    member.crash();
    return;
  }
  if (random.chance(0.15)) member.raft.tick();
  if (random.chance(0.05)) member.raft.propose([new Uint8Array(random.integer(0, 40))]);
  if (random.chance(0.02)) member.raft.readIndex(1);
  if (random.chance(0.02)) member.raft.snapshotFailed(random.integer(1, cluster.members.length));
  if (random.chance(0.01)) member.raft.compact(Math.max(0, member.disk.applied.index - random.integer(0, 3)));
  for (let n = 0; n < 3 && cluster.network.length > 0; n++) {
    const at = random.chance(0.7) ? 0 : random.integer(0, cluster.network.length - 1);
    const [message] = random.chance(0.1) ? cluster.network.slice(at, at + 1) : cluster.network.splice(at, 1);
    if (message !== undefined && !random.chance(rates.loss)) cluster.deliver(message);
  }
  if (random.chance(0.5)) member.complete(random.integer(0, member.writes.length));
  if (random.chance(0.7)) cluster.turn(member);
}

/** No more faults: everything is delivered and written, until all members hold and applied the same. */
function calm(cluster: Cluster): void {
  for (const member of cluster.members) if (!member.isUp) member.restart();
  for (let round = 0; round < 400; round++) {
    for (const member of cluster.members) {
      if (round % 4 === 0) member.raft.tick();
      // A snapshot may have been lost before the calm.
      if (round % 100 === 0) for (const { config } of cluster.members) member.raft.snapshotFailed(config.id);
      member.complete(member.writes.length);
      cluster.turn(member);
    }
    for (const message of cluster.network.splice(0)) cluster.deliver(message);
  }
}

test('whatever is lost, repeated, reordered or crashes: one leader a term, one history, and progress after', () => {
  const runs = fc.record({
    seed: fc.nat(),
    size: fc.integer({ min: 1, max: 5 }),
    loss: fc.constantFrom(0, 0.05, 0.3),
    crash: fc.constantFrom(0, 0.002, 0.01),
    inflightAppendsMax: fc.constantFrom(1, 4),
    appendEntriesMax: fc.constantFrom(1, 3, 100),
  });
  fc.assert(
    fc.property(runs, ({ seed, size, loss, crash, ...limits }) => {
      const random = new SeededRandom(seed);
      const cluster = new Cluster(size, () => random.fork(), limits);
      const witness = new Witness();
      for (let n = 0; n < 3_000; n++) {
        shake(cluster, random, { loss, crash });
        witness.look(cluster);
      }
      calm(cluster);
      witness.look(cluster);
      const leaders = cluster.members.filter((member) => member.raft.role === 'leader');
      expect(leaders).toHaveLength(1);
      const proposed = leaders[0]?.raft.propose([new Uint8Array(1)]);
      expect(proposed?.kind).toBe('accepted');
      calm(cluster);
      witness.look(cluster);
      for (const member of cluster.members) {
        const { commitIndex, appliedIndex, stableIndex } = member.raft.inspect();
        const last = leaders[0]?.raft.lastIndex;
        expect({ commitIndex, appliedIndex, stableIndex }).toEqual({
          commitIndex: last,
          appliedIndex: last,
          stableIndex: last,
        });
      }
    }),
    { numRuns: 100 },
  );
});
