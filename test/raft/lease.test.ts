import { expect, test } from 'vitest';
import { Lease } from '../../src/raft/lease.ts';
import { Membership } from '../../src/raft/membership.ts';
import type { HeartbeatResponse } from '../../src/raft/message.ts';
import { RAFT_CONFIG, votersOnly } from './cluster.ts';

const config = { ...RAFT_CONFIG, id: 1, clockDriftMax: 0.2 };
const voters = new Membership(votersOnly([1, 2, 3]));
/** What a follower promises: 10 ticks of 10 ms; the lease is a fifth shorter. */
const PROMISE_MS = 100;
const LEASE_MS = 80;

const answer = (
  from: number,
  sentMs: number,
  clockMs = sentMs,
  promiseMs = PROMISE_MS,
): HeartbeatResponse => ({
  kind: 'heartbeat-response',
  from,
  to: 1,
  term: 1,
  readRound: 0,
  sentMs,
  clockMs,
  promiseMs,
});

test('a lease begins when the heartbeat was sent, not when it was answered, and ends early by the drift', () => {
  const lease = new Lease(config, 0);
  expect(lease.isHeld(1, voters, 0)).toBe(false);
  lease.answered(answer(2, 10), 40);
  expect([lease.isHeld(1, voters, 9 + LEASE_MS), lease.isHeld(1, voters, 10 + LEASE_MS)]).toEqual([
    true,
    false,
  ]);
});

test('it takes a majority: one answer of three others is not enough', () => {
  const five = new Membership(votersOnly([1, 2, 3, 4]));
  const lease = new Lease(config, 0);
  lease.answered(answer(2, 10), 11);
  expect(lease.isHeld(1, five, 20)).toBe(false);
  lease.answered(answer(3, 5), 11);
  expect([lease.isHeld(1, five, 4 + LEASE_MS), lease.isHeld(1, five, 5 + LEASE_MS)]).toEqual([true, false]);
});

test('an answer that comes late or twice does not shorten it; one of a voter that promises nothing gives none', () => {
  const lease = new Lease(config, 0);
  lease.answered(answer(2, 50), 51);
  lease.answered(answer(2, 10), 60);
  expect(lease.isHeld(1, voters, 49 + LEASE_MS)).toBe(true);
  const other = new Lease(config, 0);
  other.answered(answer(2, 50, 50, 0), 51);
  expect(other.isHeld(1, voters, 51)).toBe(false);
});

test('a node alone needs nobody; without a bound for the clocks there is no lease', () => {
  const alone = new Membership(votersOnly([1]));
  expect(new Lease(config, 0).isHeld(1, alone, 5)).toBe(true);
  expect(new Lease({ ...config, clockDriftMax: 0 }, 0).isHeld(1, alone, 5)).toBe(false);
});

test('a transfer gives it up for good', () => {
  const lease = new Lease(config, 0);
  lease.answered(answer(2, 10), 11);
  lease.giveUp();
  lease.answered(answer(2, 20), 21);
  expect(lease.isHeld(1, voters, 22)).toBe(false);
});

test('after a pause only what is sent from then on counts', () => {
  const lease = new Lease(config, 0);
  lease.turn(10);
  lease.answered(answer(2, 10), 11);
  lease.turn(75);
  expect(lease.isHeld(1, voters, 75)).toBe(false);
  lease.answered(answer(2, 60), 76);
  expect(lease.isHeld(1, voters, 76)).toBe(false);
  lease.answered(answer(2, 75), 77);
  expect(lease.isHeld(1, voters, 77)).toBe(true);
});

test('a voter whose clock is seen to run too fast does not count, until it is seen to run well', () => {
  const lease = new Lease(config, 0);
  const beat = (atMs: number, clockMs: number): void => {
    lease.turn(atMs);
    lease.answered(answer(2, atMs, clockMs), atMs + 1);
  };
  beat(0, 1000);
  beat(50, 1060);
  expect(lease.isHeld(1, voters, 52)).toBe(true);
  beat(100, 1140);
  expect(lease.isHeld(1, voters, 102)).toBe(false);
  lease.answered(answer(3, 100, 0), 102);
  expect(lease.isHeld(1, voters, 103)).toBe(true);
  // From 100 on it runs as it should: seen once a whole window has passed.
  for (let atMs = 110; atMs <= 220; atMs += 10) beat(atMs, 1140 + atMs - 100);
  expect(new Lease(config, 0).isHeld(1, voters, 221)).toBe(false);
  expect(lease.isHeld(1, voters, 225)).toBe(true);
});
