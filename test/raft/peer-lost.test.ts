/** What a node does when the connection to a peer breaks. */
import { expect, test } from 'vitest';
import { Play } from './play.ts';

/** Ticks of 2 and 3 alone until one of them campaigns. */
function ticksUntilElected(play: Play): number {
  for (let ticks = 1; ticks < 100; ticks++) {
    play.tick(1, [2, 3]);
    if (play.raft(2).role === 'leader' || play.raft(3).role === 'leader') return ticks;
  }
  throw new Error('nobody was elected');
}

test('where the connection to the leader broke, the first of the voters campaigns as early as it may', () => {
  const play = Play.led(3, { electionTicksMin: 10, electionTicksMax: 42 });
  play.tick(3);
  play.crash(1);
  for (const id of [2, 3]) play.raft(id).peerLost(1);
  expect(ticksUntilElected(play)).toBeLessThanOrEqual(12);
  expect(play.raft(2).role).toBe('leader');
});

test('where the first of them is gone too, the next one follows', () => {
  const play = Play.led(5, { electionTicksMin: 10, electionTicksMax: 42 });
  play.tick(3);
  for (const id of [1, 2]) play.crash(id);
  for (const id of [3, 4, 5]) play.raft(id).peerLost(1);
  play.tick(10 + 1 + 2 + 2, [3, 4, 5]);
  expect(play.raft(3).role).toBe('leader');
});

test('a leader that is heard again leads on', () => {
  const play = Play.led(3, { electionTicksMin: 10, electionTicksMax: 42 });
  play.tick(3);
  for (const id of [2, 3]) play.raft(id).peerLost(1);
  play.tick(100);
  expect([play.raft(1).role, play.raft(1).term]).toEqual(['leader', 1]);
});

test('another peer that is lost changes nothing', () => {
  const play = Play.led(3, { electionTicksMin: 10, electionTicksMax: 10 });
  play.raft(2).peerLost(3);
  play.tick(20);
  expect(play.raft(1).role).toBe('leader');
});
