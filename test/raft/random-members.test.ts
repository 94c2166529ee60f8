import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isJoint } from '../../src/raft/configuration.ts';
import { LIMITS, WEATHER, weatherStorm } from './random-run.ts';

const runs = fc.record({
  seed: fc.nat(),
  size: fc.integer({ min: 1, max: 4 }),
  weather: fc.record({
    ...WEATHER,
    change: fc.constantFrom(0.01, 0.05, 0.2),
    transfer: fc.constantFrom(0, 0.005, 0.05),
  }),
  limits: fc.record({ ...LIMITS, diskStallTicks: fc.constantFrom(0, 10) }),
});

test('whoever comes, goes and hands over under faults: one leader a term, one history, and progress after', () => {
  let changed = 0;
  fc.assert(
    fc.property(runs, (run) => {
      const { cluster, leader } = weatherStorm(run);
      const { configuration, lastIndex } = leader;
      changed += leader.inspect().configurationIndex > 0 ? 1 : 0;
      expect(isJoint(configuration)).toBe(false);
      for (const { raft, config } of cluster.members) {
        const { commitIndex, appliedIndex, stableIndex } = raft.inspect();
        if (!configuration.members.has(config.id)) {
          expect(raft.role).not.toBe('leader');
          continue;
        }
        expect([commitIndex, appliedIndex, stableIndex]).toEqual([lastIndex, lastIndex, lastIndex]);
        expect(raft.configuration).toEqual(configuration);
        expect(raft.leader).toBe(leader.leader);
        expect(raft.hasReady).toBe(false);
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? 100) },
  );
  expect(changed).toBeGreaterThan(0);
});
