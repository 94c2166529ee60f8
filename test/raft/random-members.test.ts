import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { isJoint } from '../../src/raft/configuration.ts';
import { Cluster } from './cluster.ts';
import { Storm } from './storm.ts';
import { Witness } from './witness.ts';

const runs = fc.record({
  seed: fc.nat(),
  size: fc.integer({ min: 1, max: 4 }),
  weather: fc.record({
    loss: fc.constantFrom(0, 0.05, 0.3),
    repeat: fc.constantFrom(0, 0.1),
    reorder: fc.constantFrom(0, 0.3, 1),
    crash: fc.constantFrom(0, 0.002, 0.01, 0.03),
    partition: fc.constantFrom(0, 0.002, 0.01),
    propose: fc.constantFrom(0.005, 0.05),
    rot: fc.constantFrom(0, 0, 0.02, 0.2),
    change: fc.constantFrom(0.01, 0.05, 0.2),
    transfer: fc.constantFrom(0, 0.005, 0.05),
  }),
  limits: fc.record({
    inflightAppendsMax: fc.constantFrom(1, 4),
    appendEntriesMax: fc.constantFrom(1, 3, 100),
    diskStallTicks: fc.constantFrom(0, 10),
  }),
});

test('whoever comes, goes and hands over under faults: one leader a term, one history, and progress after', () => {
  let changed = 0;
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
      const { configuration, lastIndex } = leader!;
      changed += leader!.inspect().configurationIndex > 0 ? 1 : 0;
      expect(isJoint(configuration)).toBe(false);
      for (const { raft, config } of cluster.members) {
        const { commitIndex, appliedIndex, stableIndex } = raft.inspect();
        if (!configuration.members.has(config.id)) {
          expect(raft.role).not.toBe('leader');
          continue;
        }
        expect([commitIndex, appliedIndex, stableIndex]).toEqual([lastIndex, lastIndex, lastIndex]);
        expect(raft.configuration).toEqual(configuration);
        expect(raft.leader).toBe(leader!.leader);
        expect(raft.hasReady).toBe(false);
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? 100) },
  );
  expect(changed).toBeGreaterThan(0);
});
