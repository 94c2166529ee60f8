import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITS, WEATHER, weatherStorm } from './random-run.ts';

/** Every run has weather and limits of its own. */
const runs = fc.record({
  seed: fc.nat(),
  size: fc.integer({ min: 1, max: 5 }),
  weather: fc.record(WEATHER),
  limits: fc.record({ ...LIMITS, committedBytesMax: fc.constantFrom(1, 1_000) }),
});

test('whatever is lost, repeated, reordered, cut off or crashes: one leader a term, one history, and progress after', () => {
  fc.assert(
    fc.property(runs, (run) => {
      const { cluster, witness, leader } = weatherStorm(run);
      const last = leader.lastIndex;
      for (const { raft } of cluster.members) {
        const { commitIndex, appliedIndex, stableIndex } = raft.inspect();
        expect([commitIndex, appliedIndex, stableIndex]).toEqual([last, last, last]);
        expect(raft.leader).toBe(leader.leader);
        expect(raft.hasReady).toBe(false);
      }
      expect(witness.appliedMax).toBe(last);
    }),
    { numRuns: 100 },
  );
});
