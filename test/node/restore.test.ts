import { expect, test } from 'vitest';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { fit, restore } from '../../src/node/restore.ts';
import { NO_CONFIGURATION } from '../../src/raft/configuration.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { LogContents } from '../../src/storage/log-storage.ts';
import { MemoryLog } from './memory-storages.ts';

const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: 'command',
  data: new Uint8Array(),
});

/** Entries 4 to 6 behind a base at 3. */
const LOG: LogContents = {
  hardState: { term: 5, vote: 2 },
  base: { index: 3, term: 1 },
  entries: [entry(4, 1), entry(5, 2), entry(6, 4)],
};

test('a state within the log fits, as does one that was lost', () => {
  expect(fit(LOG, { index: 3, term: 1 })).toEqual({ kind: 'fits' });
  expect(fit(LOG, { index: 5, term: 2 })).toEqual({ kind: 'fits' });
  expect(fit(LOG, { index: 6, term: 4 })).toEqual({ kind: 'fits' });
  expect(fit(LOG, { index: 0, term: 0 })).toEqual({ kind: 'fits' });
});

test('a state beyond the log, or of another term, makes the log begin behind it', () => {
  const reset = { kind: 'reset', hardState: LOG.hardState };
  expect(fit(LOG, { index: 7, term: 4 })).toEqual(reset);
  expect(fit(LOG, { index: 6, term: 5 })).toEqual(reset);
  expect(fit(LOG, { index: 100, term: 5 })).toEqual(reset);
});

test('a state of a later term than the log knows brings that term along, without a vote', () => {
  expect(fit(LOG, { index: 7, term: 9 })).toEqual({ kind: 'reset', hardState: { term: 9, vote: undefined } });
});

test('the reset is on the disk before the node starts', async () => {
  const log = new MemoryLog();
  await log.write({ id: 1, hardState: { term: 5, vote: 2 }, entries: [entry(1, 1), entry(2, 5)] });
  const state = { tree: new RecordTree(), applied: { index: 9, term: 5 }, setAside: undefined };
  const restored = await restore(log, await log.open(), state, NO_CONFIGURATION);
  expect(restored).toMatchObject({
    base: { index: 9, term: 5 },
    entries: [],
    applied: { index: 9, term: 5 },
    configuration: NO_CONFIGURATION,
  });
  expect(await log.open()).toEqual({
    hardState: { term: 5, vote: 2 },
    base: { index: 9, term: 5 },
    entries: [],
  });
});
