import { expect, test } from 'vitest';
import type { LogWrite } from '../../src/raft/ready.ts';
import { MemoryDisk } from '../../src/simulation/memory-disk.ts';
import type { LogContents } from '../../src/storage/log-storage.ts';
import { frameBytesFor } from '../../src/storage/log/frame.ts';
import { encodeRecords } from '../../src/storage/log/log-records.ts';
import { append, codeOf, command, logOn, reopened, segment, threeSegments } from './log-fixture.ts';

test('damage names the file and the byte, and takes nothing but what stood there', () => {
  const { disk, contents } = threeSegments();
  disk.flipBit(segment(3), (512 + 512 + 250) * 8);
  const { hardState, base, entries, damage } = reopened(disk);
  expect({ hardState, base }).toStrictEqual({ hardState: contents.hardState, base: contents.base });
  expect(entries).toStrictEqual(contents.entries.slice(0, 13));
  expect(damage).toStrictEqual({
    first: 14,
    anchor: { index: 17, term: 1 },
    beyond: contents.entries.slice(14),
    terms: [
      { index: 0, term: 0 },
      { index: 1, term: 1 },
    ],
    what: `${segment(3)}: damaged at byte 1024: frame 14 is not what was written`,
  });
});

test('the last frame is torn if nobody was promised it, and damaged if the seal says that it was whole', () => {
  const disk = new MemoryDisk();
  const log = logOn(disk);
  log.open();
  append(log, { id: 1, hardState: { term: 1, vote: 2 }, entries: [command(1)] });
  log.append([encodeRecords({ id: 2, hardState: { term: 2, vote: 3 }, entries: [command(2, 2)] })]);
  const unsealed = disk.copy();
  log.seal();
  for (const image of [unsealed, disk]) image.flipBit(segment(1), (1024 + 300) * 8);
  expect(reopened(unsealed)).toStrictEqual({
    hardState: { term: 1, vote: 2 },
    base: { index: 0, term: 0 },
    entries: [command(1)],
  });
  for (let times = 0; times < 3; times++) {
    expect(reopened(disk)).toMatchObject({
      hardState: { term: 2, vote: 3 },
      entries: [command(1)],
      damage: { first: 2, anchor: { index: 2, term: 2 }, beyond: [] },
    });
  }
});

test('a log with a gap goes on, and is whole again when the gap is filled', () => {
  const { disk, contents } = threeSegments();
  disk.flipBit(segment(2), 600 * 8);
  disk.flipBit(segment(3), (512 + 4 * 512) * 8);
  const log = logOn(disk);
  expect(log.open().damage).toMatchObject({ first: 7, anchor: { index: 17, term: 1 } });
  append(log, { id: 1, hardState: { term: 3, vote: 1 }, entries: [] });
  append(log, { id: 2, fills: true, entries: [command(7)] });
  const { hardState, entries, damage } = reopened(disk);
  expect(hardState).toStrictEqual({ term: 3, vote: 1 });
  expect(entries).toStrictEqual(contents.entries.slice(0, 16));
  expect(damage).toMatchObject({ first: 17, anchor: { index: 17, term: 1 }, beyond: [] });
  const again = logOn(disk);
  again.open();
  append(again, { id: 1, fills: true, entries: [command(17)] });
  append(again, { id: 2, entries: [command(18, 3)] });
  expect(reopened(disk)).toStrictEqual({
    hardState: { term: 3, vote: 1 },
    base: contents.base,
    entries: [...contents.entries, command(18, 3)],
  });
});

test('a gap may be given up for another log, or for a state that reaches into it or beyond', () => {
  const { disk, contents } = threeSegments();
  disk.flipBit(segment(2), 600 * 8);
  const given = (write: Omit<LogWrite, 'id'>): LogContents => {
    const image = disk.copy();
    const log = logOn(image);
    log.open();
    append(log, { id: 1, hardState: { term: 2, vote: undefined }, ...write });
    return reopened(image);
  };
  const hardState = { term: 2, vote: undefined };
  const base = { index: 0, term: 0 };
  expect(given({ truncateFrom: 7, entries: [command(7, 2)] })).toStrictEqual({
    hardState,
    base,
    entries: [...contents.entries.slice(0, 6), command(7, 2)],
  });
  expect(given({ reset: { index: 9, term: 1 }, fills: true, entries: [] })).toStrictEqual({
    hardState,
    base: { index: 9, term: 1 },
    entries: contents.entries.slice(9),
  });
  expect(given({ reset: { index: 20, term: 2 }, fills: true, entries: [] })).toStrictEqual({
    hardState,
    base: { index: 20, term: 2 },
    entries: [],
  });
});

test('damage under which the log was truncated leaves no entry that was void', () => {
  const disk = new MemoryDisk();
  const log = logOn(disk);
  log.open();
  const old = Array.from({ length: 10 }, (_, at) => command(at + 1, 1, 10));
  append(log, { id: 1, hardState: { term: 1, vote: 2 }, entries: old });
  append(log, {
    id: 2,
    hardState: { term: 2, vote: undefined },
    truncateFrom: 5,
    entries: [command(5, 2), command(6, 2)],
  });
  append(log, { id: 3, entries: [command(7, 2)] });
  const frame =
    512 + frameBytesFor(encodeRecords({ id: 1, hardState: { term: 1, vote: 2 }, entries: old }).length);
  disk.flipBit(segment(1), (frame + 300) * 8);
  expect(reopened(disk)).toMatchObject({
    hardState: { term: 2, vote: undefined },
    entries: old.slice(0, 4),
    damage: { first: 5, anchor: { index: 7, term: 2 }, beyond: [command(7, 2)] },
  });
});

test('a segment that is missing is a gap, but the newest alone knows the newest term and vote', () => {
  const middle = threeSegments().disk;
  middle.remove(segment(2));
  const first = threeSegments().disk;
  first.remove(segment(1));
  const last = threeSegments().disk;
  last.remove(segment(3));
  expect(reopened(middle).damage).toMatchObject({ first: 7, anchor: { index: 17, term: 1 } });
  expect(reopened(middle).damage?.beyond.length).toBe(5);
  expect(reopened(first).damage).toMatchObject({ first: 1 });
  expect(reopened(first).damage?.beyond.length).toBe(11);
  expect(codeOf(() => reopened(last))).toContain('LOG_CORRUPT');
  for (const sequence of [1, 2]) last.remove(segment(sequence));
  expect(codeOf(() => reopened(last))).toContain('LOG_CORRUPT');
});

test('a file that was cut off loses what it held, and no more', () => {
  const { disk, contents } = threeSegments();
  const bytes = disk.contents(segment(2)).slice(0, 1536);
  disk.remove(segment(2));
  disk.create(segment(2)).write(bytes, 0);
  const { entries, damage } = reopened(disk);
  expect(entries).toStrictEqual(contents.entries.slice(0, 8));
  expect(damage?.beyond).toStrictEqual(contents.entries.slice(12));
});

test('a segment that was exchanged for an elder state of itself shows', () => {
  const { disk } = threeSegments();
  const other = threeSegments().disk;
  const log = logOn(other);
  log.open();
  append(log, { id: 18, hardState: { term: 2, vote: 1 }, entries: [command(18, 2)] });
  for (let index = 19; index <= 30; index++) append(log, { id: index, entries: [command(index, 2)] });
  const stale = disk.contents(segment(3));
  const file = other.open(segment(3));
  file.write(stale, 0);
  expect(reopened(other)).toMatchObject({
    hardState: { term: 2, vote: 1 },
    damage: { first: 18, anchor: { index: 30, term: 2 } },
  });
});
