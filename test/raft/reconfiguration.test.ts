import { expect, test } from 'vitest';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import { votersOnly } from './cluster.ts';
import { memberOf, Play } from './play.ts';

const voters = (...ids: readonly number[]): object => ({ voters: ids, outgoing: [], learners: [] });

test('a learner gets the log and does not count: neither in commits nor in elections', () => {
  const play = Play.led(1);
  play.propose(1, 20);
  expect(play.addLearner()).toBe(2);
  expect(play.look(2)).toMatchObject({ commitIndex: 22, appliedIndex: 22, role: 'follower' });
  expect(play.raft(1).members).toMatchObject([
    { id: 1, role: 'voter', matchIndex: 22, state: 'replicate', recentlyActive: true },
    { id: 2, role: 'learner', matchIndex: 22, state: 'replicate', recentlyActive: true },
  ]);
  // It is down, and nobody minds.
  play.crash(2);
  expect(play.propose(1)).toBe('accepted');
  expect(play.look(1).commitIndex).toBe(23);
  play.restart(2);
  play.crash(1);
  play.tick(100, [2]);
  expect(play.look(2)).toMatchObject({ role: 'follower', term: 1 });
});

test('a learner that fell behind the log is brought up to date by a snapshot, and learns the members from it', () => {
  const play = Play.led(3);
  play.propose(1, 10);
  play.raft(1).compact(8);
  play.settle();
  const id = play.addLearner();
  expect(play.look(id)).toMatchObject({ commitIndex: 12, base: { index: 12 } });
  expect(play.configuration(id)).toEqual({ ...voters(1, 2, 3), learners: [4] });
});

test('a learner is promoted when it has caught up and lives, and not before', () => {
  const play = Play.led(3, { promoteLagEntriesMax: 5, appendEntriesMax: 1 });
  const id = play.addLearner();
  play.isolate(id);
  for (let n = 0; n < 6; n++) play.propose(1);
  expect(play.change([{ kind: 'promote', id }])).toMatchObject({
    code: 'LEARNER_BEHIND',
    message: 'learner 4 lacks 6 entries; it is promoted with at most 5',
  });
  play.heal();
  play.tick(3);
  play.isolate(id);
  for (let n = 0; n < 5; n++) play.propose(1);
  expect(play.configuration(1)).toEqual({ ...voters(1, 2, 3), learners: [4] });
  play.tick(25);
  expect(play.change([{ kind: 'promote', id }])).toMatchObject({
    code: 'LEARNER_BEHIND',
    message: 'learner 4 did not answer lately',
  });
  play.heal();
  play.tick(3);
  play.mustChange({ kind: 'promote', id });
  for (const each of [1, 2, 3, 4]) expect(play.configuration(each)).toEqual(voters(1, 2, 3, 4));
});

test('a configuration counts as soon as it is in the log: with four voters two are not enough', () => {
  const play = Play.led(3);
  const id = play.addLearner();
  play.crash(3);
  play.cut(1, id);
  play.leader.changeMembers({ changes: [{ kind: 'promote', id }], transition: 'auto' });
  play.settle();
  expect(play.configuration(2)).toEqual(voters(1, 2, 3, 4));
  expect(play.look(1)).toMatchObject({ commitIndex: 2, configurationIndex: 3 });
  play.heal();
  play.tick(2, [1]);
  expect(play.look(1).commitIndex).toBe(3);
});

test('a node that starts again knows the members from its state, and newer ones from its log', () => {
  const play = Play.led(3);
  const four = play.addLearner();
  play.lost.add('append-accepted');
  play.change([{ kind: 'promote', id: four }]);
  play.lost.clear();
  for (const id of [2, four]) {
    play.crash(id);
    play.cluster.member(id).restart();
    expect(play.configuration(id)).toEqual(voters(1, 2, 3, 4));
    expect(play.look(id).commitIndex).toBeLessThan(play.look(id).configurationIndex);
  }
});

test('one change at a time, and none before an entry of the own term is committed', () => {
  const play = Play.led(3);
  const four = play.addLearner();
  play.isolate(1);
  const change = { changes: [{ kind: 'promote', id: four } as const], transition: 'auto' as const };
  expect(play.raft(1).changeMembers(change).kind).toBe('accepted');
  expect(play.raft(1).changeMembers(change)).toMatchObject({
    code: 'TOO_BUSY',
    message: 'another change of the members is under way',
  });
  expect(play.raft(2).changeMembers(change)).toMatchObject({ code: 'NOT_LEADER' });
  const fresh = new Play(3);
  fresh.lost.add('append-accepted');
  fresh.raft(1).campaign();
  fresh.settle();
  expect(fresh.raft(1).role).toBe('leader');
  expect(fresh.raft(1).changeMembers({ ...change, changes: [{ kind: 'remove', id: 2 }] })).toMatchObject({
    code: 'TOO_BUSY',
    message: 'the leader has not committed an entry of its own term yet',
  });
});

test('a change after which no majority answers is refused', () => {
  const play = Play.led(3);
  play.crash(3);
  play.tick(25);
  expect(play.change([{ kind: 'remove', id: 2 }])).toMatchObject({
    code: 'QUORUM_AT_RISK',
    message: 'of the voters 1, 3 no majority answered lately',
  });
  expect(play.change([{ kind: 'add-voter', member: memberOf(4) }])).toMatchObject({ code: 'QUORUM_AT_RISK' });
  // Who takes the place of the dead one is fine.
  const four = play.addLearner();
  play.mustChange({ kind: 'promote', id: four }, { kind: 'remove', id: 3 });
  expect(play.configuration(four)).toEqual(voters(1, 2, 4));
});

test('what makes no sense is refused with the reason', () => {
  const play = Play.led(3);
  expect(play.change([{ kind: 'remove', id: 9 }])).toMatchObject({ code: 'MEMBER_UNKNOWN' });
  expect(play.change([{ kind: 'add-learner', member: memberOf(2) }])).toMatchObject({
    code: 'MEMBER_EXISTS',
  });
  expect(play.change([])).toMatchObject({ code: 'CHANGE_INVALID' });
});

test('a node that lost its state neither leads nor counts by what it does not know, but votes', () => {
  const play = Play.led(3);
  play.propose(1, 5);
  play.tick(1);
  play.raft(3).compact(4);
  play.settle();
  const three = play.cluster.member(3);
  three.crash();
  three.loseState();
  three.disk.configuration = votersOnly([]);
  three.disk.configurationIndex = 0;
  play.cut(1, 3);
  play.restart(3);
  play.tick(40, [3]);
  expect(play.look(3)).toMatchObject({ role: 'follower', configuration: { voters: [] } });
  play.crash(1);
  play.tick(15, [2]);
  play.elect(2);
  play.heal();
  play.tick(5);
  expect(play.configuration(3)).toEqual(voters(1, 2, 3));
});

test('what a snapshot says of the members does not undo what the log says behind it', () => {
  const play = new Play(3);
  const raft = play.raft(2);
  const newer = encodeConfiguration(votersOnly([1, 2]));
  raft.step({
    kind: 'append-request',
    from: 1,
    to: 2,
    term: 1,
    previous: { index: 0, term: 0 },
    entries: [
      { index: 1, term: 1, kind: 'noop', data: new Uint8Array(0) },
      { index: 2, term: 1, kind: 'command', data: new Uint8Array(1) },
      { index: 3, term: 1, kind: 'configuration', data: newer },
    ],
    commitIndex: 0,
  });
  raft.installSnapshot({ index: 2, term: 1 }, votersOnly([1, 2, 3]));
  expect([raft.configuration.voters, raft.inspect().configurationIndex]).toEqual([[1, 2], 3]);
  // One that the log does not hold empties it, and what it said is void.
  raft.installSnapshot({ index: 9, term: 1 }, votersOnly([1, 2, 3]));
  expect([raft.configuration.voters, raft.inspect().configurationIndex]).toEqual([[1, 2, 3], 9]);
});

test('the members of a new cluster are written into its log, once', () => {
  const play = Play.led(3);
  for (let n = 0; n < 2; n++) {
    play.raft(1).recordConfiguration();
    play.raft(2).recordConfiguration();
    play.settle();
  }
  expect(play.look(3)).toMatchObject({ configurationIndex: 2, commitIndex: 2 });
  expect(play.configuration(3)).toEqual(voters(1, 2, 3));
});

test('whoever must be talked to is told when it changes, in every node', () => {
  const play = Play.led(2);
  const told: (readonly number[])[] = [];
  play.addLearner();
  const { raft } = play.cluster.member(2);
  raft.step({
    kind: 'append-request',
    from: 1,
    to: 2,
    term: 1,
    previous: { index: 2, term: 1 },
    entries: [{ index: 3, term: 1, kind: 'configuration', data: encodeConfiguration(votersOnly([1, 2, 3])) }],
    commitIndex: 2,
  });
  while (raft.hasReady) {
    const { configuration, write } = raft.ready();
    if (configuration !== undefined) told.push([...configuration.members.keys()]);
    if (write !== undefined) raft.written(write.id);
  }
  expect(told).toEqual([[1, 2, 3]]);
});
