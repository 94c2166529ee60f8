import { expect, test } from 'vitest';
import { Play } from './play.ts';

const voters = (...ids: readonly number[]): object => ({ voters: ids, outgoing: [], learners: [] });

test('a removed leader leads until that is committed, without its own vote, and hands over', () => {
  const play = Play.led(3);
  play.lost.add('append-accepted');
  play.change([{ kind: 'remove', id: 1 }]);
  // It stores the entry, and so does node 2; but it is none of those who count.
  play.lost.clear();
  play.isolate(3);
  play.tick(1, [1]);
  expect(play.look(1)).toMatchObject({ role: 'leader', commitIndex: 1 });
  play.heal();
  play.tick(2, [1]);
  expect(play.raft(1).role).toBe('follower');
  expect([2, 3]).toContain(play.leader.leader);
  expect(play.configuration(1)).toEqual(voters(2, 3));
});

test('a removed leader that finds nobody to hand over to steps down', () => {
  const play = Play.led(3);
  play.lost.add('timeout-now');
  play.mustChange({ kind: 'remove', id: 1 });
  expect(play.raft(1).role).toBe('leader');
  expect(play.propose(1)).toBe('TOO_BUSY');
  play.tick(10, [1]);
  expect(play.raft(1).role).toBe('follower');
  play.tick(100, [1]);
  expect(play.look(1)).toMatchObject({ role: 'follower', term: 1 });
});

test('a removed node disturbs nobody, whether it knows of it or not', () => {
  const play = Play.led(4);
  play.isolate(4);
  play.mustChange({ kind: 'remove', id: 4 });
  play.tick(60);
  play.heal();
  play.tick(60);
  expect(play.look(1)).toMatchObject({ role: 'leader', term: 1 });
  // It missed it, and campaigns in vain; nobody's term moves.
  expect([play.look(4).term, play.look(4).configurationIndex]).toEqual([1, 0]);
  const heard = Play.led(4);
  heard.mustChange({ kind: 'remove', id: 4 });
  heard.tick(1, [1]);
  expect(heard.configuration(4)).toEqual(voters(1, 2, 3));
  heard.tick(100);
  expect(heard.look(4)).toMatchObject({ role: 'follower', term: 1 });
  expect(heard.look(1)).toMatchObject({ role: 'leader', term: 1 });
});

test('who is removed learns it from the log, but only once it is committed', () => {
  const play = Play.led(3);
  play.cut(1, 2);
  play.raft(1).changeMembers({ changes: [{ kind: 'remove', id: 3 }], transition: 'auto' });
  play.settle();
  expect([play.look(1).configurationIndex, play.look(3).configurationIndex]).toEqual([2, 0]);
  // So nodes 2 and 3 can still elect one of them without node 1.
  play.crash(1);
  play.heal();
  play.tick(15);
  play.elect(2);
  expect(play.leader.configuration.voters).toEqual([1, 2, 3]);
});

test('a node whose removal is not committed may have to lead (thesis, figure 4.6)', () => {
  const play = Play.led(2);
  play.lost.add('append-request');
  play.raft(1).changeMembers({ changes: [{ kind: 'remove', id: 1 }], transition: 'auto' });
  play.settle();
  play.crash(1);
  play.lost.clear();
  play.restart(1);
  // Node 2 counts with both, and node 1 has the longer log: only node 1 can be elected.
  play.tick(15);
  play.raft(2).campaign();
  play.settle();
  expect(play.raft(2).role).not.toBe('leader');
  play.tick(15);
  play.raft(1).campaign();
  play.settle();
  play.tick(3);
  expect(play.raft(2).role).toBe('leader');
  expect(play.configuration(2)).toEqual(voters(2));
});

test('a voter that still takes itself for a learner votes', () => {
  const play = Play.led(2);
  const three = play.addLearner();
  play.cut(1, three);
  play.cut(2, three);
  play.mustChange({ kind: 'promote', id: three });
  expect(play.configuration(2)).toEqual(voters(1, 2, 3));
  play.crash(1);
  play.heal();
  expect(play.configuration(three)).toEqual({ ...voters(1, 2), learners: [3] });
  play.tick(15, [2, three]);
  play.raft(2).campaign();
  play.settle();
  expect(play.raft(2).role).toBe('leader');
  expect(play.configuration(three)).toEqual(voters(1, 2, 3));
});

test('a demoted voter goes on as a learner', () => {
  const play = Play.led(3);
  play.mustChange({ kind: 'demote', id: 3 });
  play.crash(2);
  play.tick(25);
  // Of the voters 1 and 2 one is gone.
  expect(play.raft(1).role).toBe('follower');
  play.raft(3).campaign();
  play.settle();
  expect(play.raft(3).role).toBe('follower');
});
