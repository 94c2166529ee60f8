import { expect, test } from 'vitest';
import { compactionPoint, needsCompaction } from '../../src/replica/compaction.ts';
import type { ReplicaConfig } from '../../src/replica/config.ts';

const config = { logEntriesMax: 100, logBytesMax: 10_000, logEntriesKept: 40 } as ReplicaConfig;
const NOBODY = Number.MAX_SAFE_INTEGER;

test('a log is compacted when it is over its entries or over its bytes', () => {
  expect(needsCompaction({ firstIndex: 1, entries: 100, bytes: 10_000 }, config)).toBe(false);
  expect(needsCompaction({ firstIndex: 1, entries: 101, bytes: 1 }, config)).toBe(true);
  expect(needsCompaction({ firstIndex: 1, entries: 1, bytes: 10_001 }, config)).toBe(true);
});

test('a tail is kept for slow followers', () => {
  expect(compactionPoint({ firstIndex: 1, entries: 120, bytes: 120 }, 120, NOBODY, config)).toBe(80);
});

test('never beyond what is on stable storage', () => {
  expect(compactionPoint({ firstIndex: 1, entries: 120, bytes: 120 }, 30, NOBODY, config)).toBe(30);
});

test('a log over its bytes keeps what fits into half of them', () => {
  expect(compactionPoint({ firstIndex: 1, entries: 10, bytes: 20_000 }, 10, NOBODY, config)).toBe(8);
});

test('what must follow a snapshot on its way stays, unless the log is far over its limits', () => {
  expect(compactionPoint({ firstIndex: 1, entries: 120, bytes: 120 }, 120, 50, config)).toBe(50);
  expect(compactionPoint({ firstIndex: 1, entries: 401, bytes: 120 }, 401, 50, config)).toBe(361);
});
