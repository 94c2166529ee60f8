import { expect, test } from 'vitest';
import { bytesText, CatchUp } from '../../cli/member/catch-up.ts';
import type { MemberProgress } from '../../src/wire/admin-frames.ts';

const PROGRESS: MemberProgress = {
  state: 'replicate',
  matchIndex: 10,
  recentlyActive: true,
  entriesBehind: 90,
  bytesBehind: 9_000,
  snapshotPercent: undefined,
};

test('what a learner lacks is told in words, and its pace once it was looked at twice', async () => {
  const catchUp = new CatchUp();
  expect(catchUp.words({ ...PROGRESS, recentlyActive: false })).toBe('it has not answered yet');
  expect(catchUp.words(PROGRESS)).toBe('90 entries (8.8 KiB) behind');
  const snapshot = { ...PROGRESS, state: 'snapshot', bytesBehind: 2 ** 21, snapshotPercent: 60 } as const;
  expect(catchUp.words(snapshot)).toBe('snapshot 60%, 2.0 MiB to go');
  const lookedMs = performance.now();
  while (performance.now() - lookedMs < 5) await new Promise((resolve) => setImmediate(resolve));
  expect(catchUp.words({ ...snapshot, bytesBehind: 2 ** 20 })).toMatch(
    /^snapshot 60%, 1\.0 MiB to go, \d+(\.\d)? [MG]iB\/s$/,
  );
  expect(catchUp.fields({ ...snapshot, bytesBehind: 2 ** 20 })).toMatchObject({ snapshotPercent: 60 });
});

test('bytes are rounded to what one can read', () => {
  expect([0, 1023, 1024, 20 * 1024, 3.4 * 2 ** 20, 5 * 2 ** 30].map(bytesText)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '20 KiB',
    '3.4 MiB',
    '5.0 GiB',
  ]);
});
