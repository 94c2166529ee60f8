import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { Cluster } from './cluster.ts';
import { Storm } from './storm.ts';
import { Witness } from './witness.ts';

/** Every run has weather and limits of its own: what one mix never meets, another meets soon. */
const runs = fc.record({
  seed: fc.nat(),
  size: fc.integer({ min: 1, max: 5 }),
  weather: fc.record({
    loss: fc.constantFrom(0, 0.05, 0.3),
    repeat: fc.constantFrom(0, 0.1, 0.4),
    reorder: fc.constantFrom(0, 0.3, 1),
    crash: fc.constantFrom(0, 0.002, 0.01, 0.03),
    partition: fc.constantFrom(0, 0.002, 0.01),
    propose: fc.constantFrom(0.005, 0.05, 0.3),
    rot: fc.constantFrom(0, 0, 0.02, 0.2),
  }),
  limits: fc.record({
    inflightAppendsMax: fc.constantFrom(1, 4),
    appendEntriesMax: fc.constantFrom(1, 3, 100),
    committedBytesMax: fc.constantFrom(1, 1_000),
  }),
});

test('whatever is lost, repeated, reordered, cut off or crashes: one leader a term, one history, and progress after', () => {
  fc.assert(
    fc.property(runs, ({ seed, size, weather, limits }) => {
      const random = new SeededRandom(seed);
      const cluster = new Cluster(size, () => random.fork(), limits);
      const witness = new Witness(cluster);
      const storm = new Storm(cluster, random, weather, witness);
      for (let n = 0; n < 3_000; n++) {
        storm.step();
        witness.look();
      }
      storm.calm();
      const leader = cluster.members.find((member) => member.raft.role === 'leader')?.raft;
      expect(leader?.propose([new Uint8Array(1)]).kind).toBe('accepted');
      storm.calm();
      witness.look();
      const last = leader?.lastIndex;
      for (const { raft } of cluster.members) {
        const { commitIndex, appliedIndex, stableIndex } = raft.inspect();
        expect([commitIndex, appliedIndex, stableIndex]).toEqual([last, last, last]);
        expect(raft.leader).toBe(leader?.leader);
        expect(raft.hasReady).toBe(false);
      }
      expect(witness.appliedMax).toBe(last);
    }),
    { numRuns: 100 },
  );
});
