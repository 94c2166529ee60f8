import { expect, test } from 'vitest';
import { joinChanges, placeOf } from '../../src/node/join-change.ts';
import { applyChange, bootstrapConfiguration, type Configuration } from '../../src/raft/configuration.ts';

const FOUNDERS: Configuration = bootstrapConfiguration(
  [1, 2, 3].map((id) => ({ id, address: `h:${id}`, incarnation: `i${id}` })),
);

function joined(
  configuration: Configuration,
  address: string,
  incarnation: string,
  replaces?: number,
): Configuration {
  const changes = joinChanges(configuration, { address, incarnation, replaces });
  const next = applyChange(configuration, { changes, transition: 'auto' });
  if ('refused' in next) throw new Error(`${next.refused}: ${next.message}`);
  return next;
}

test('whoever joins is a learner with a new id, and has that place whenever it asks', () => {
  const next = joined(FOUNDERS, 'h:4', 'i4');
  expect(next).toMatchObject({ voters: [1, 2, 3], learners: [4], nextId: 5 });
  const again = { address: 'elsewhere:4', incarnation: 'i4', replaces: undefined };
  expect(placeOf(next, again)).toBe(4);
  expect(placeOf(next, { ...again, incarnation: 'i5' })).toBeUndefined();
  expect(placeOf(FOUNDERS, again)).toBeUndefined();
});

test('a place that is kept free goes to the first who comes from its address, and to nobody else', () => {
  const kept = joined(FOUNDERS, 'h:4', '');
  expect(placeOf(kept, { address: 'h:4', incarnation: '', replaces: undefined })).toBe(4);
  expect(joined(kept, 'h:5', 'i5').learners).toEqual([4, 5]);
  const taken = joined(kept, 'h:4', 'i4');
  expect(taken.learners).toEqual([4]);
  expect(taken.members.get(4)).toEqual({ id: 4, address: 'h:4', incarnation: 'i4' });
  // It is taken once: one that lost its directory gets another id, or none at the same address.
  expect(() => joined(taken, 'h:4', 'anew')).toThrow('MEMBER_EXISTS');
});

test('who replaces a member at its very address takes it out at once', () => {
  const next = joined(FOUNDERS, 'h:3', 'i4', 3);
  expect(next).toMatchObject({ voters: [1, 2], learners: [4], outgoing: [] });
  expect(joined(FOUNDERS, 'h:4', 'i4', 3).voters).toEqual([1, 2, 3]);
  expect(() => joined(FOUNDERS, 'h:3', 'i4')).toThrow('MEMBER_EXISTS');
});
