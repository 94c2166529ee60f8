import { expect, test } from 'vitest';
import { Play } from './play.ts';

test('a leader hands over to the voter that is named, in one round, without a pre-vote', () => {
  const play = Play.led(3);
  play.lost.add('pre-vote-request');
  expect(play.raft(1).transferLeadership(3)).toEqual({ kind: 'accepted', to: 3 });
  play.settle();
  expect(play.raft(3)).toMatchObject({ role: 'leader', term: 2 });
  expect([play.raft(1).leader, play.raft(2).leader]).toEqual([3, 3]);
});

test('without a name it is the voter that lacks least, of those that live', () => {
  const play = Play.led(3);
  play.isolate(2);
  play.propose(1);
  play.heal();
  play.isolate(2);
  play.propose(1);
  expect(play.raft(1).transferLeadership()).toMatchObject({ to: 3 });
  play.settle();
  expect(play.raft(3).role).toBe('leader');
});

test('a target that lags gets what it lacks first, and whoever waits for an entry has its answer', () => {
  const play = Play.led(3, { appendEntriesMax: 1, inflightAppendsMax: 1 });
  play.isolate(3);
  for (let n = 0; n < 5; n++) play.propose(1);
  expect(play.raft(1).transferLeadership(3).kind).toBe('accepted');
  play.settle();
  expect(play.raft(1).isTransferring).toBe(true);
  expect(play.raft(1).hasHandedOver).toBe(false);
  play.heal();
  play.tick(3, [1]);
  expect(play.raft(3)).toMatchObject({ role: 'leader', term: 2 });
  expect(play.look(1).appliedIndex).toBe(7);
});

test('while it lasts nothing is proposed, and members do not change', () => {
  const play = Play.led(3);
  play.lost.add('timeout-now');
  expect(play.raft(1).transferLeadership(2).kind).toBe('accepted');
  play.settle();
  expect(play.propose(1)).toBe('TOO_BUSY');
  expect(play.change([{ kind: 'remove', id: 3 }])).toMatchObject({ code: 'TOO_BUSY' });
  // The same once more is the same transfer, another one has to wait.
  expect(play.raft(1).transferLeadership(2)).toEqual({ kind: 'accepted', to: 2 });
  expect(play.raft(1).transferLeadership()).toEqual({ kind: 'accepted', to: 2 });
  expect(play.raft(1).transferLeadership(3)).toMatchObject({ code: 'TOO_BUSY' });
});

test('a transfer that comes to nothing ends after an election timeout, and the leader goes on', () => {
  const play = Play.led(3);
  play.lost.add('timeout-now');
  play.raft(1).transferLeadership(2);
  play.tick(9);
  expect(play.raft(1).isTransferring).toBe(true);
  play.tick(1);
  expect(play.raft(1)).toMatchObject({ isTransferring: false, role: 'leader', term: 1 });
  expect(play.propose(1)).toBe('accepted');
});

test('a leader that is to lead goes on', () => {
  const play = Play.led(3);
  expect(play.raft(1).transferLeadership(1)).toEqual({ kind: 'accepted', to: 1 });
  expect(play.propose(1)).toBe('accepted');
});

test('a target that is dead, unknown or without a vote is refused', () => {
  const play = Play.led(3);
  const learner = play.addLearner();
  play.crash(3);
  play.tick(20);
  expect(play.raft(1).transferLeadership(3)).toMatchObject({
    code: 'TRANSFER_FAILED',
    message: 'node 3 did not answer lately, so it cannot take over',
  });
  expect(play.raft(1).transferLeadership(9)).toMatchObject({ code: 'MEMBER_UNKNOWN' });
  expect(play.raft(1).transferLeadership(learner)).toMatchObject({ code: 'CHANGE_INVALID' });
  expect(play.raft(2).transferLeadership(1)).toMatchObject({ code: 'NOT_LEADER' });
  expect(play.propose(1)).toBe('accepted');
});

test('a node alone has nobody to hand over to', () => {
  expect(Play.led(1).raft(1).transferLeadership()).toMatchObject({ code: 'TRANSFER_FAILED' });
});

test('a call to campaign that comes late, twice, or to one who may not, does no harm', () => {
  const play = Play.led(3);
  const learner = play.addLearner();
  const call = { kind: 'timeout-now' as const, from: 1, term: 1 };
  play.raft(learner).step({ ...call, to: learner });
  play.settle();
  expect(play.look(learner)).toMatchObject({ role: 'follower', term: 1 });
  play.raft(2).step({ ...call, to: 2 });
  play.raft(2).step({ ...call, to: 2 });
  play.settle();
  expect(play.raft(2)).toMatchObject({ role: 'leader', term: 2 });
  play.raft(3).step({ ...call, to: 3 });
  play.settle();
  expect(play.raft(2)).toMatchObject({ role: 'leader', term: 2 });
});

test('a transfer during a change of the members waits until the change is done', () => {
  const play = Play.led(3);
  const four = play.addLearner();
  play.lost.add('append-accepted');
  const answer = play.raft(1).changeMembers({
    changes: [
      { kind: 'promote', id: four },
      { kind: 'remove', id: 2 },
    ],
    transition: 'auto',
  });
  play.settle();
  expect(answer.kind).toBe('accepted');
  expect(play.raft(1).transferLeadership(four)).toMatchObject({ to: 4 });
  play.settle();
  expect(play.raft(1).hasHandedOver).toBe(false);
  play.lost.clear();
  play.tick(2, [1]);
  expect(play.raft(four).role).toBe('leader');
  expect(play.configuration(four)).toEqual({ voters: [1, 3, 4], outgoing: [], learners: [] });
});

test('a target that loses its vote meanwhile does not lead', () => {
  const play = Play.led(3);
  play.lost.add('append-accepted');
  play.raft(1).changeMembers({ changes: [{ kind: 'remove', id: 3 }], transition: 'joint' });
  play.settle();
  expect(play.raft(1).transferLeadership(3)).toMatchObject({ code: 'CHANGE_INVALID' });
  expect(play.raft(1).transferLeadership()).toMatchObject({ to: 2 });
});

test('a leader whose disk hangs for an election timeout hands over, and does not campaign before it moves', () => {
  const play = Play.led(3, { diskStallTicks: 10 });
  play.stallDisk(1);
  // The other two hold it, so it is committed; the leader's own copy is not what counts.
  play.propose(1);
  expect(play.look(1)).toMatchObject({ role: 'leader', commitIndex: 2, appliedIndex: 1 });
  play.tick(9);
  expect(play.raft(1).role).toBe('leader');
  play.tick(2);
  expect([play.raft(2).role, play.raft(3).role]).toContain('leader');
  expect(play.leader.term).toBe(2);
  for (const id of [2, 3]) play.crash(id);
  play.tick(40, [1]);
  expect(play.raft(1).role).toBe('follower');
  play.freeDisk(1);
  play.tick(20, [1]);
  expect(play.raft(1).role).toBe('pre-candidate');
});

test('a leader whose disk hangs, and whom nobody can follow in time, steps down', () => {
  const play = Play.led(3, { diskStallTicks: 10 });
  play.lost.add('timeout-now');
  play.stallDisk(1);
  play.propose(1);
  play.tick(19);
  expect(play.raft(1).role).toBe('leader');
  play.tick(2);
  expect(play.raft(1).role).not.toBe('leader');
});

test('a slow disk that gets on is no hanging one', () => {
  const play = Play.led(3, { diskStallTicks: 10 });
  play.stallDisk(1);
  for (let n = 0; n < 10; n++) {
    play.propose(1);
    play.tick(8);
    play.cluster.member(1).complete(1);
  }
  expect(play.raft(1)).toMatchObject({ role: 'leader', term: 1 });
});

test('a node alone waits for its disk, since nobody else could do better', () => {
  const play = Play.led(1, { diskStallTicks: 10 });
  play.stallDisk(1);
  play.propose(1);
  play.tick(100);
  expect(play.raft(1).role).toBe('leader');
  play.freeDisk(1);
  expect(play.look(1).commitIndex).toBe(2);
});

test('a follower whose disk hangs does not campaign', () => {
  const play = Play.led(3, { diskStallTicks: 10 });
  play.stallDisk(2);
  play.propose(1);
  play.tick(15);
  play.crash(1);
  play.crash(3);
  play.tick(60, [2]);
  expect(play.raft(2)).toMatchObject({ role: 'follower', term: 1 });
  play.freeDisk(2);
  play.tick(20, [2]);
  expect(play.raft(2).role).toBe('pre-candidate');
});

test('who is told to forget its leader helps to elect another', () => {
  const play = Play.led(3);
  play.raft(2).campaign();
  play.settle();
  expect(play.raft(1)).toMatchObject({ role: 'leader', term: 1 });
  play.raft(3).forgetLeader();
  expect(play.raft(3).leader).toBeUndefined();
  play.raft(2).campaign();
  play.settle();
  expect(play.raft(2)).toMatchObject({ role: 'leader', term: 2 });
  // A leader does not forget itself.
  play.raft(2).forgetLeader();
  expect(play.raft(2).leader).toBe(2);
});
