import { expect, test } from 'vitest';
import type { VoteRequest } from '../../src/raft/message.ts';
import { VoteLock } from '../../src/raft/vote-lock.ts';
import { RAFT_CONFIG } from './cluster.ts';

const config = { ...RAFT_CONFIG, id: 1, clockDriftMax: 0.1 };
const PROMISE_MS = config.electionTicksMin * config.tickMs;

const question = (from: number, term: number): VoteRequest => ({
  kind: 'vote-request',
  from,
  to: 1,
  term,
  last: { index: 1, term: 1 },
  transfer: false,
});

test('a promise lasts for an election timeout from the last sign of the leader', () => {
  const lock = new VoteLock(config, { isFresh: true });
  expect(lock.isHeld(0)).toBe(false);
  lock.renew(50);
  expect([lock.isHeld(50), lock.isHeld(49 + PROMISE_MS), lock.isHeld(50 + PROMISE_MS)]).toEqual([
    true,
    true,
    false,
  ]);
});

test('a node that comes back holds its vote as if it had just heard a leader; one that was never in a term does not', () => {
  const back = new VoteLock(config, { isFresh: false });
  expect([back.isHeld(0), back.isHeld(PROMISE_MS - 1), back.isHeld(PROMISE_MS)]).toEqual([true, true, false]);
  expect(new VoteLock(config, { isFresh: true }).isHeld(0)).toBe(false);
});

test('without leases there is nothing to promise', () => {
  const lock = new VoteLock({ ...config, clockDriftMax: 0 }, { isFresh: false });
  lock.renew(10);
  expect([lock.promiseMs, lock.isHeld(10)]).toEqual([0, false]);
});

test('the newest question of each candidate waits, and only as long as the promise', () => {
  const lock = new VoteLock(config, { isFresh: false });
  lock.hold(question(2, 5));
  lock.hold(question(3, 6));
  lock.hold(question(2, 7));
  expect(lock.takeHeld(PROMISE_MS - 1)).toEqual([]);
  expect(lock.takeHeld(PROMISE_MS)).toEqual([question(2, 7), question(3, 6)]);
  expect(lock.takeHeld(PROMISE_MS)).toEqual([]);
});

test('a leader that is heard answers the questions that wait; an election ends the promise', () => {
  const lock = new VoteLock(config, { isFresh: false });
  lock.hold(question(2, 5));
  lock.renew(0);
  expect(lock.takeHeld(10 * PROMISE_MS)).toEqual([]);
  lock.release();
  expect(lock.isHeld(0)).toBe(false);
});
