/** When followers hear of what is committed, where that is held back for the next occasion. */
import { expect, test } from 'vitest';
import { Play } from './play.ts';

const commits = (play: Play): readonly number[] => [1, 2, 3].map((id) => play.look(id).commitIndex);

test('what is committed is told with the next entries', () => {
  const play = Play.led(3, { holdsNews: true });
  play.tick(1);
  expect(commits(play)).toEqual([1, 1, 1]);
  play.propose(1);
  expect(commits(play)).toEqual([2, 1, 1]);
  expect(play.raft(1).hasNews).toBe(true);
  play.propose(1);
  expect(commits(play)).toEqual([3, 2, 2]);
});

test('without more entries, a tick tells it', () => {
  const play = Play.led(3, { holdsNews: true, heartbeatTicks: 3 });
  play.tick(1);
  play.propose(1);
  play.tick(1);
  expect(commits(play)).toEqual([2, 2, 2]);
  expect(play.raft(1).hasNews).toBe(false);
});

test('whoever asks for it is obeyed', () => {
  const play = Play.led(3, { holdsNews: true });
  play.tick(1);
  play.propose(1);
  play.raft(1).tellNews();
  play.settle();
  expect(commits(play)).toEqual([2, 2, 2]);
});

test('a follower that reads by the lease of its leader is told at once', () => {
  const play = Play.led(3, { holdsNews: true, clockDriftMax: 0.1 });
  play.tick(2);
  play.propose(1);
  expect(commits(play)).toEqual([2, 1, 1]);
  expect(play.raft(1).inspect().holdsLease).toBe(true);
  play.raft(2).readIndex(7, { lease: true });
  play.settle();
  expect(play.look(2).commitIndex).toBe(2);
});

test('where nothing is held back, it is told at once', () => {
  const play = Play.led(3, { holdsNews: false });
  play.propose(1);
  expect(commits(play)).toEqual([2, 2, 2]);
  expect(play.raft(1).hasNews).toBe(false);
});
