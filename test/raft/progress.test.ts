import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Progress } from '../../src/raft/progress.ts';

/** A follower that holds everything up to 10, with a window of 3 requests. */
function replicating(): Progress {
  const progress = new Progress(11, 3);
  progress.accepted(10, 0);
  return progress;
}

test('a follower is probed with one request at a time', () => {
  const progress = new Progress(11, 3);
  expect([progress.kind, progress.isPaused]).toEqual(['probe', false]);
  progress.sent(15, 5);
  expect([progress.isPaused, progress.nextIndex]).toEqual([true, 11]);
  progress.heartbeatAnswered(15);
  expect(progress.isPaused).toBe(false);
});

test('once the logs meet, requests are sent ahead, up to the window', () => {
  const progress = replicating();
  for (const lastIndex of [11, 12, 13]) {
    expect(progress.isPaused).toBe(false);
    progress.sent(lastIndex, 1);
  }
  expect([progress.kind, progress.nextIndex, progress.isPaused]).toEqual(['replicate', 14, true]);
  progress.accepted(12, 0);
  expect([progress.matchIndex, progress.inflight, progress.isPaused]).toEqual([12, 1, false]);
});

test('a full window gains one place with each heartbeat that is answered', () => {
  const progress = replicating();
  for (const lastIndex of [11, 12, 13]) progress.sent(lastIndex, 1);
  progress.heartbeatAnswered(13);
  expect([progress.isPaused, progress.inflight, progress.nudge]).toEqual([false, 2, true]);
});

test('a refusal brings a follower back to probing behind what it surely holds', () => {
  const progress = replicating();
  progress.sent(15, 5);
  progress.rejected(12, 11);
  expect([progress.kind, progress.nextIndex]).toEqual(['probe', 11]);
});

test('old and repeated refusals change nothing', () => {
  const progress = replicating();
  progress.rejected(10, 3);
  expect([progress.kind, progress.nextIndex]).toEqual(['replicate', 11]);

  const probed = new Progress(11, 3);
  probed.sent(11, 1);
  probed.rejected(10, 4);
  expect([probed.nextIndex, probed.isPaused]).toEqual([5, false]);
  probed.sent(5, 1);
  probed.rejected(10, 2);
  expect([probed.nextIndex, probed.isPaused]).toEqual([5, true]);
});

test('a refusal of what was acknowledged is not answered at once: a sign of life, or the word that it is lost, comes first', () => {
  const progress = replicating();
  progress.becomeProbe();
  progress.sent(11, 1);
  progress.rejected(10, 9);
  expect([progress.nextIndex, progress.isPaused]).toEqual([11, true]);
  progress.lost(10);
  expect([progress.matchIndex, progress.nextIndex, progress.isPaused]).toEqual([9, 10, false]);
});

test('a refusal narrows the place where the logs meet, even if its hint does not', () => {
  const progress = new Progress(11, 3);
  progress.rejected(10, 10);
  expect(progress.nextIndex).toBe(10);
});

test('a snapshot is asked for once, and no entries are sent meanwhile', () => {
  const progress = replicating();
  progress.becomeSnapshot(20);
  expect([progress.isSnapshotDue(19), progress.isSnapshotDue(20), progress.isPaused]).toEqual([
    false,
    true,
    true,
  ]);
  progress.snapshotAsked();
  progress.becomeSnapshot(20);
  expect(progress.isSnapshotDue(30)).toBe(false);
  progress.heartbeatAnswered(30);
  expect([progress.isPaused, progress.isSnapshotDue(30)]).toEqual([true, false]);
  progress.becomeSnapshot(25);
  expect(progress.isSnapshotDue(30)).toBe(true);
});

test('a follower that reaches the log by any answer replicates again', () => {
  const progress = replicating();
  progress.becomeSnapshot(20);
  progress.snapshotAsked();
  progress.accepted(20, 20);
  expect([progress.kind, progress.nextIndex, progress.isPaused]).toEqual(['replicate', 21, false]);
});

test('a snapshot that the log has meanwhile left behind is followed by another', () => {
  const progress = replicating();
  progress.becomeSnapshot(20);
  progress.snapshotAsked();
  progress.accepted(20, 35);
  expect([progress.kind, progress.isSnapshotDue(40)]).toEqual(['snapshot', true]);
});

test('a failed snapshot is followed by a probe, but not before a sign of life', () => {
  const progress = replicating();
  progress.becomeSnapshot(20);
  progress.snapshotFailed();
  expect([progress.kind, progress.isPaused]).toEqual(['probe', true]);
  progress.heartbeatAnswered(30);
  expect(progress.isPaused).toBe(false);
});

test('whatever answers come, matchIndex never falls and nextIndex stays above it', () => {
  const calls = fc.array(
    fc.tuple(fc.constantFrom('accept', 'reject', 'beat', 'send', 'snapshot', 'fail'), fc.nat(30)),
  );
  fc.assert(
    fc.property(calls, (steps) => {
      const progress = new Progress(11, 2);
      let match = 0;
      for (const [step, index] of steps) {
        if (step === 'accept') progress.accepted(index, 5);
        else if (step === 'reject') progress.rejected(index, index);
        else if (step === 'beat') progress.heartbeatAnswered(30);
        else if (step === 'snapshot') progress.becomeSnapshot(index);
        else if (step === 'fail') progress.snapshotFailed();
        else if (!progress.isPaused) progress.sent(progress.nextIndex, 1);
        expect(progress.matchIndex).toBeGreaterThanOrEqual(match);
        expect(progress.nextIndex).toBeGreaterThan(progress.matchIndex);
        expect(progress.inflight).toBeLessThanOrEqual(2);
        match = progress.matchIndex;
      }
    }),
    { numRuns: 500 },
  );
});
