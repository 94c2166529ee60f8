import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry, Position } from '../../src/raft/entry.ts';
import { Log } from '../../src/raft/log.ts';

const ORIGIN: Position = { index: 0, term: 0 };
const PACK = 2;
const entry = (index: number, term: number, bytes = 1): Entry => ({
  index,
  term,
  kind: 'command',
  data: new Uint8Array(bytes),
});
/** A log behind `base` whose entries have these terms. */
const logOf = (terms: readonly number[], base = ORIGIN): Log =>
  new Log(
    base,
    terms.map((term, n) => entry(base.index + 1 + n, term)),
    PACK,
  );
const termsOf = (log: Log): readonly number[] => log.entries.map(({ term }) => term);

test('an empty log ends at its base', () => {
  expect(new Log({ index: 7, term: 3 }, [], PACK).last).toEqual({ index: 7, term: 3 });
});

test('a term is known from the base to the last entry, and nowhere else', () => {
  const log = logOf([3, 4], { index: 5, term: 2 });
  expect([4, 5, 6, 7, 8].map((index) => log.termAt(index))).toEqual([undefined, 2, 3, 4, undefined]);
});

test('entries that leave a gap, or whose term goes down, are our own mistake', () => {
  expect(() => logOf([1]).append([entry(3, 1)])).toThrow('contiguous');
  expect(() => logOf([2]).append([entry(2, 1)])).toThrow('terms never go down');
});

test('a truncation drops the tail, never what is compacted', () => {
  const log = logOf([1, 1, 2, 3]);
  log.truncateFrom(3);
  expect(termsOf(log)).toEqual([1, 1]);
  log.compact(2);
  expect(() => log.truncateFrom(2)).toThrow('compacted');
});

test('a compaction drops the head and keeps its last term for the next check', () => {
  const log = logOf([1, 2, 3, 4]);
  log.compact(3);
  expect(log.base).toEqual({ index: 3, term: 3 });
  expect(termsOf(log)).toEqual([4]);
  expect(() => log.compact(9)).toThrow('an entry that it holds');
});

test('bytes are those of the entries held, whatever was done', () => {
  const commands = fc.array(fc.tuple(fc.constantFrom('append', 'truncate', 'compact'), fc.nat(20)));
  fc.assert(
    fc.property(commands, (steps) => {
      const log = new Log(ORIGIN, [], PACK);
      for (const [step, number] of steps) {
        const held = log.lastIndex - log.base.index;
        const at = log.base.index + 1 + (number % Math.max(1, held));
        if (step === 'append') log.append([entry(log.lastIndex + 1, log.last.term, number)]);
        else if (held > 0 && step === 'truncate') log.truncateFrom(at);
        else if (held > 0) log.compact(at);
        expect(log.bytes).toBe(log.entries.reduce((sum, { data }) => sum + data.length, 0));
        expect(log.lastIndex).toBe(log.base.index + log.entries.length);
      }
    }),
  );
});

test('a slice is the longest that the limits let through, and one entry at least', () => {
  const log = new Log(ORIGIN, [entry(1, 1, 10), entry(2, 1, 10), entry(3, 1, 50), entry(4, 1, 1)], PACK);
  const indexes = (from: number, to: number, entriesMax: number, bytesMax: number): readonly number[] =>
    log.slice(from, to, { entriesMax, bytesMax }).map(({ index }) => index);
  expect(indexes(1, 4, 100, 1_000)).toEqual([1, 2, 3, 4]);
  expect(indexes(1, 4, 2, 1_000)).toEqual([1, 2]);
  expect(indexes(1, 4, 100, 20)).toEqual([1, 2]);
  expect(indexes(1, 4, 100, 19)).toEqual([1]);
  expect(indexes(3, 4, 100, 5)).toEqual([3]);
  expect(indexes(2, 3, 100, 1_000)).toEqual([2, 3]);
  expect(indexes(5, 4, 100, 1_000)).toEqual([]);
});

test('a later last term is newer, whatever the length; in one term the longer log is', () => {
  const log = logOf([1, 2, 2]);
  const newer = (index: number, term: number): boolean => log.isNoNewerThan({ index, term });
  expect([newer(3, 2), newer(4, 2), newer(1, 3)]).toEqual([true, true, true]);
  expect([newer(2, 2), newer(9, 1)]).toEqual([false, false]);
});

test('the last agreement is the highest place whose term is not above the other log’s', () => {
  const log = logOf([1, 1, 3, 3, 5]);
  expect(log.lastAgreement({ index: 5, term: 4 })).toEqual({ index: 4, term: 3 });
  expect(log.lastAgreement({ index: 9, term: 9 })).toEqual({ index: 5, term: 5 });
  expect(log.lastAgreement({ index: 4, term: 2 })).toEqual({ index: 2, term: 1 });
  expect(log.lastAgreement({ index: 4, term: 0 })).toEqual({ index: 0, term: 0 });
});

test('below the base nothing is known: the agreement lies before it', () => {
  const log = logOf([5, 5], { index: 10, term: 4 });
  expect(log.lastAgreement({ index: 12, term: 3 })).toEqual({ index: 9, term: 0 });
  expect(log.lastAgreement({ index: 6, term: 9 })).toEqual({ index: 6, term: 0 });
});

test('no place above the agreement can be the same in both logs', () => {
  const terms = fc
    .array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 })
    .map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(terms, terms, (one, other) => {
      const log = logOf(one);
      const last = logOf(other).last;
      const { index } = log.lastAgreement(last);
      for (let at = index + 1; at <= Math.min(last.index, log.lastIndex); at++) {
        expect(log.termAt(at)).not.toBe(other[at - 1]);
      }
    }),
  );
});

test('what is settled is never truncated', () => {
  const log = logOf([1, 1, 1, 1, 1, 1]);
  log.settle(6);
  expect(() => log.truncateFrom(2)).toThrow('settled');
  log.truncateFrom(5);
  expect(termsOf(log)).toEqual([1, 1, 1, 1]);
});

const KINDS = ['noop', 'command', 'configuration'] as const;
const LIMITS = { entriesMax: 5, bytesMax: 600 };

test('a log whose entries are settled holds the same as one whose entries never are', () => {
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom('append', 'append', 'settle', 'truncate', 'compact', 'reset'),
      fc.nat(12),
      fc.nat(500),
    ),
    { maxLength: 60, size: 'max' },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (list, pack) => {
      const log = new Log(ORIGIN, [], pack);
      const plain = new Log(ORIGIN, [], 1e9);
      let settled = 0;
      for (const [step, number, bytes] of list) {
        const at = Math.min(log.base.index + 1 + number, log.lastIndex);
        const isHeld = at > log.base.index;
        if (step === 'append') {
          const added = Array.from({ length: number }, (_, n) => ({
            ...entry(log.lastIndex + 1 + n, log.last.term + (number % 2), 0),
            kind: KINDS[(number + n) % 3]!,
            data: new Uint8Array(n % 2 === 0 ? bytes : n).fill(bytes),
          }));
          for (const one of [log, plain]) one.append(added);
        } else if (step === 'settle') {
          settled = Math.max(settled, at);
          log.settle(at);
        } else if (step === 'truncate' && isHeld && at > settled) {
          for (const one of [log, plain]) one.truncateFrom(at);
        } else if (step === 'compact' && isHeld) {
          for (const one of [log, plain]) one.compact(at);
          settled = Math.max(settled, at);
        } else if (step === 'reset') {
          const base = { index: log.lastIndex + 3, term: log.last.term };
          for (const one of [log, plain]) one.reset(base);
          settled = 0;
        }
        expect([log.base, log.last, log.length, log.bytes]).toEqual([
          plain.base,
          plain.last,
          plain.length,
          plain.bytes,
        ]);
        expect(log.entries).toEqual(plain.entries);
        for (let index = log.base.index - 2; index <= log.lastIndex + 2; index++) {
          expect([log.termAt(index), log.entryAt(index)]).toEqual([
            plain.termAt(index),
            plain.entryAt(index),
          ]);
        }
        if (isHeld && at > log.base.index)
          expect(log.slice(at, log.lastIndex, LIMITS)).toEqual(plain.slice(at, log.lastIndex, LIMITS));
      }
    }),
    { numRuns: 100 },
  );
});
