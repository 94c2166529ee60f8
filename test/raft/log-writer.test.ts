import { expect, test } from 'vitest';
import { present } from '../../src/base/assert.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { LogWriter } from '../../src/raft/log-writer.ts';
import { Log } from '../../src/raft/log.ts';
import type { LogWrite } from '../../src/raft/ready.ts';

const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: 'command',
  data: new Uint8Array(1),
});

/** A log of three entries of term 1, all on the disk. */
function written(): { readonly log: Log; readonly writer: LogWriter } {
  const log = new Log({ index: 0, term: 0 }, [entry(1, 1), entry(2, 1), entry(3, 1)], 2);
  return { log, writer: new LogWriter(log) };
}
const take = (writer: LogWriter): LogWrite => present(writer.take(), 'there is something to write');

test('what was read from the disk is stable, and need not be written', () => {
  const { writer } = written();
  expect([writer.stableIndex, writer.isWriteDue, writer.take()]).toEqual([3, false, undefined]);
});

test('a write holds all that changed since the last, and nothing twice', () => {
  const { log, writer } = written();
  log.append([entry(4, 1)]);
  writer.setHardState({ term: 2, vote: 3 });
  expect(take(writer)).toEqual({ id: 1, hardState: { term: 2, vote: 3 }, entries: [entry(4, 1)] });
  log.append([entry(5, 2)]);
  expect(take(writer)).toEqual({ id: 2, entries: [entry(5, 2)] });
});

test('writes are on their way together, and each makes its own entries stable', () => {
  const { log, writer } = written();
  log.append([entry(4, 1)]);
  take(writer);
  log.append([entry(5, 1)]);
  take(writer);
  expect(writer.stableIndex).toBe(3);
  writer.written(1);
  expect(writer.stableIndex).toBe(4);
  writer.written(2);
  expect(writer.stableIndex).toBe(5);
  expect(() => writer.written(3)).toThrow('issued');
});

test('the hard state is stable only when its newest value is', () => {
  const { writer } = written();
  writer.setHardState({ term: 2, vote: 1 });
  expect(writer.isHardStateStable).toBe(false);
  take(writer);
  writer.setHardState({ term: 3, vote: 1 });
  take(writer);
  writer.written(1);
  expect(writer.isHardStateStable).toBe(false);
  writer.written(2);
  expect(writer.isHardStateStable).toBe(true);
});

test('ABA: a completed write does not vouch for entries that replaced its own', () => {
  const { log, writer } = written();
  log.append([entry(4, 1), entry(5, 1)]);
  take(writer);
  writer.truncateFrom(4);
  log.append([entry(4, 2), entry(5, 2)]);
  expect(take(writer)).toEqual({ id: 2, truncateFrom: 4, entries: [entry(4, 2), entry(5, 2)] });
  writer.truncateFrom(5);
  log.append([entry(5, 3), entry(6, 3)]);
  take(writer);
  writer.written(1);
  expect(writer.stableIndex).toBe(3);
  writer.written(2);
  expect(writer.stableIndex).toBe(4);
  writer.written(3);
  expect(writer.stableIndex).toBe(6);
});

test('what was never written needs no truncation on the disk', () => {
  const { log, writer } = written();
  log.append([entry(4, 1), entry(5, 1)]);
  writer.truncateFrom(5);
  log.append([entry(5, 2)]);
  expect(take(writer)).toEqual({ id: 1, entries: [entry(4, 1), entry(5, 2)] });
});

test('a snapshot voids all that was there, what is on its way included', () => {
  const { log, writer } = written();
  log.append([entry(4, 1)]);
  take(writer);
  writer.truncateFrom(4);
  writer.reset({ index: 9, term: 2 });
  log.append([entry(10, 2)]);
  expect(take(writer)).toEqual({ id: 2, reset: { index: 9, term: 2 }, entries: [entry(10, 2)] });
  writer.written(1);
  expect(writer.stableIndex).toBe(9);
  writer.written(2);
  expect(writer.stableIndex).toBe(10);
});

test('a compaction is told with the next write, and stays behind what is on the disk', () => {
  const { log, writer } = written();
  log.append([entry(4, 1)]);
  expect(() => writer.compact(4)).toThrow('on the disk');
  writer.compact(2);
  expect(take(writer)).toEqual({ id: 1, entries: [entry(4, 1)], compactTo: 2 });
  expect(log.base).toEqual({ index: 2, term: 1 });
});

test('a forced write is a write of nothing', () => {
  const { writer } = written();
  writer.force();
  expect(take(writer)).toEqual({ id: 1, entries: [] });
  expect(writer.take()).toBeUndefined();
});
