import { expect, test } from 'vitest';
import { memberOf, Play } from './play.ts';

const voters = (...ids: readonly number[]): object => ({ voters: ids, outgoing: [], learners: [] });

test('in a joint phase both majorities are needed', () => {
  const play = Play.led(3);
  const [four, five] = [play.addLearner(), play.addLearner()];
  // Of the new voters 1, 4 and 5 a majority is there; of the outgoing ones 1, 2 and 3 there is none.
  play.cut(1, 2);
  play.cut(1, 3);
  const answer = play.change([
    { kind: 'promote', id: four },
    { kind: 'promote', id: five },
    { kind: 'remove', id: 2 },
    { kind: 'remove', id: 3 },
  ]);
  expect(answer).toMatchObject({ kind: 'accepted', index: 4 });
  expect(play.configuration(four)).toEqual({ voters: [1, 4, 5], outgoing: [1, 2, 3], learners: [] });
  expect(play.look(1)).toMatchObject({ commitIndex: 3 });
  play.heal();
  play.tick(2, [1]);
  // Committed by both, and left by itself.
  for (const id of [1, four, five]) expect(play.configuration(id)).toEqual(voters(1, 4, 5));
  expect(play.look(1).commitIndex).toBe(5);
});

test('in a joint phase a candidate needs both majorities, too', () => {
  const play = Play.led(3);
  const [four, five] = [play.addLearner(), play.addLearner()];
  play.lost.add('append-accepted');
  play.change([
    { kind: 'promote', id: four },
    { kind: 'promote', id: five },
    { kind: 'remove', id: 2 },
    { kind: 'remove', id: 3 },
  ]);
  play.lost.clear();
  play.crash(1);
  play.crash(2);
  play.tick(15, [3, 4, 5]);
  play.raft(four).campaign();
  play.settle();
  // 4 and 5 of the new, only 3 of the outgoing.
  expect(play.raft(four).role).toBe('pre-candidate');
  play.restart(2);
  play.raft(four).campaign();
  play.settle();
  expect(play.raft(four).role).toBe('leader');
});

test('a leader that crashes in the joint phase leaves it to the next one, which ends it', () => {
  const play = Play.led(3);
  const four = play.addLearner();
  // The joint configuration is on two disks, and nobody knows that it is committed.
  play.lost.add('append-accepted');
  play.change([
    { kind: 'promote', id: four },
    { kind: 'remove', id: 3 },
  ]);
  play.crash(1);
  play.lost.clear();
  expect(play.configuration(2)).toEqual({ voters: [1, 2, 4], outgoing: [1, 2, 3], learners: [] });
  play.tick(15);
  play.elect(2);
  for (const id of [2, 4]) expect(play.configuration(id)).toEqual(voters(1, 2, 4));
  play.restart(1);
  play.tick(5);
  expect(play.configuration(1)).toEqual(voters(1, 2, 4));
});

test('a joint phase that was asked for explicitly is left when it is told, and not twice', () => {
  const play = Play.led(3);
  play.change([{ kind: 'demote', id: 3 }], 'explicit');
  expect(play.configuration(2)).toEqual({ voters: [1, 2], outgoing: [1, 2, 3], learners: [] });
  play.tick(20);
  expect(play.change([{ kind: 'remove', id: 3 }])).toMatchObject({ code: 'TOO_BUSY' });
  expect(play.leader.leaveJoint()).toMatchObject({ kind: 'accepted' });
  play.settle();
  expect(play.configuration(2)).toEqual({ ...voters(1, 2), learners: [3] });
  expect(play.leader.leaveJoint()).toMatchObject({ code: 'CHANGE_INVALID' });
  expect(play.raft(2).leaveJoint()).toMatchObject({ code: 'NOT_LEADER' });
});

test('a configuration that is cut off by a later leader never was', () => {
  const play = Play.led(3);
  const four = play.addLearner();
  play.isolate(1);
  play.raft(1).changeMembers({ changes: [{ kind: 'promote', id: four }], transition: 'auto' });
  play.settle();
  expect(play.configuration(1)).toEqual(voters(1, 2, 3, 4));
  play.tick(15, [2, 3]);
  play.elect(2);
  play.heal();
  play.tick(3);
  expect(play.configuration(1)).toEqual({ ...voters(1, 2, 3), learners: [4] });
  expect(play.look(1).configurationIndex).toBe(2);
});

test('two single changes in different terms never lead to two majorities (Ongaro, raft-dev, July 2015)', () => {
  const play = Play.led(4);
  // Node 1 of term 1 adds node 5, and only the two of them have that configuration.
  const five = play.cluster.join().config.id;
  play.cut(1, 2);
  play.cut(1, 3);
  play.cut(1, 4);
  const added = play.raft(1).changeMembers({
    changes: [{ kind: 'add-voter', member: memberOf(five) }],
    transition: 'auto',
  });
  expect(added.kind).toBe('accepted');
  play.settle();
  expect(play.configuration(five)).toEqual(voters(1, 2, 3, 4, 5));
  // Node 2 leads term 2, with 3 and 4, and would remove node 1 at once: it must commit something first.
  play.lost.add('append-accepted');
  play.tick(15, [2, 3, 4]);
  play.raft(2).campaign();
  play.settle();
  expect(play.raft(2).role).toBe('leader');
  const removed = play.raft(2).changeMembers({ changes: [{ kind: 'remove', id: 1 }], transition: 'auto' });
  expect(removed).toMatchObject({ code: 'TOO_BUSY' });
  play.lost.clear();
  play.tick(2, [2]);
  expect(play.raft(2).changeMembers({ changes: [{ kind: 'remove', id: 1 }], transition: 'auto' }).kind).toBe(
    'accepted',
  );
  play.settle();
  expect(play.configuration(3)).toEqual(voters(2, 3, 4));
  // Node 1 comes back with node 5, and the majority that the two would need is gone.
  play.cut(five, 2);
  play.cut(five, 3);
  play.cut(five, 4);
  play.tick(60, [1, five]);
  expect([play.raft(1).role, play.raft(five).role]).not.toContain('leader');
  play.heal();
  play.tick(5);
  expect(play.configuration(1)).toEqual(voters(2, 3, 4));
});

test('a joint phase is not left before it is committed, though something older is', () => {
  const play = Play.led(3);
  const [four, five] = [play.addLearner(), play.addLearner()];
  play.lost.add('append-accepted');
  play.propose(1);
  play.change([
    { kind: 'promote', id: four },
    { kind: 'promote', id: five },
    { kind: 'remove', id: 3 },
  ]);
  const { lastIndex } = play.raft(1);
  expect([lastIndex, play.look(1).commitIndex]).toEqual([5, 3]);
  const answer = { kind: 'append-accepted' as const, to: 1, term: 1 };
  for (const from of [2, four]) play.raft(1).step({ ...answer, from, matchIndex: 4 });
  play.settle();
  expect([play.raft(1).lastIndex, play.look(1).commitIndex]).toEqual([5, 4]);
  for (const from of [2, four]) play.raft(1).step({ ...answer, from, matchIndex: 5 });
  play.settle();
  expect([play.raft(1).lastIndex, play.look(1).commitIndex]).toEqual([6, 5]);
  expect(play.configuration(1)).toEqual(voters(1, 2, 4, 5));
});
