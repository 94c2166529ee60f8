import { expect, test } from 'vitest';
import { aroundState } from '../../src/node/damaged-log.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { LogContents } from '../../src/storage/log-storage.ts';

const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: 'command',
  data: new Uint8Array(),
});

/** Entries 4 to 12 behind a base at 3; 6, 7 and 10 are lost. */
const LOG: LogContents = {
  hardState: { term: 5, vote: 2 },
  base: { index: 3, term: 1 },
  entries: [entry(4, 1), entry(5, 2)],
  damage: {
    first: 6,
    anchor: { index: 12, term: 4 },
    beyond: [entry(8, 2), entry(9, 3), entry(11, 4), entry(12, 4)],
    terms: [
      { index: 5, term: 2 },
      { index: 9, term: 3 },
      { index: 10, term: 4 },
    ],
    what: 'a file',
  },
};

test('a gap behind the state stays a gap', () => {
  expect(aroundState(LOG, { index: 5, term: 2 })).toEqual({ contents: LOG, rebase: undefined });
});

test('a gap that the state reaches into begins behind the state', () => {
  const { hardState, damage } = LOG;
  for (const applied of [
    { index: 6, term: 2 },
    { index: 7, term: 2 },
    { index: 8, term: 2 },
  ]) {
    expect(aroundState(LOG, applied)).toEqual({
      contents: {
        hardState,
        base: applied,
        entries:
          applied.index === 6 ? [] : [entry(8, 2), entry(9, 3)].filter(({ index }) => index > applied.index),
        damage: {
          ...damage,
          first: applied.index === 6 ? 7 : 10,
          beyond: damage?.beyond.slice(applied.index === 6 ? 0 : 2),
        },
      },
      rebase: applied,
    });
  }
});

test('a gap that the state covers is none', () => {
  const { hardState } = LOG;
  const applied = { index: 10, term: 4 };
  expect(aroundState(LOG, applied)).toEqual({
    contents: { hardState, base: applied, entries: [entry(11, 4), entry(12, 4)] },
    rebase: applied,
  });
  const last = { index: 12, term: 4 };
  expect(aroundState(LOG, last).contents).toEqual({ hardState, base: last, entries: [] });
});

test('a state of another log, or beyond the log, changes nothing here', () => {
  for (const applied of [
    { index: 10, term: 3 },
    { index: 13, term: 4 },
  ]) {
    expect(aroundState(LOG, applied)).toEqual({ contents: LOG, rebase: undefined });
  }
});

test('where the term is not known any more, nothing is guessed', () => {
  const damage = { ...LOG.damage!, terms: [{ index: 10, term: 4 }] };
  expect(() => aroundState({ ...LOG, damage }, { index: 7, term: 2 })).toThrow('a file');
});
