import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvariantError } from '../../src/base/assert.ts';
import { StoreError } from '../../src/base/errors.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { LogWrite } from '../../src/raft/ready.ts';
import type { DiskCall } from '../../src/simulation/memory-disk.ts';
import { MemoryDisk } from '../../src/simulation/memory-disk.ts';
import type { LogContents } from '../../src/storage/log-storage.ts';
import {
  append,
  codeOf,
  command,
  logOn,
  reopened,
  SEGMENT_BYTES,
  segment,
  threeSegments,
} from './log-fixture.ts';
import { encodeRecords } from '../../src/storage/log/log-records.ts';
import { LogModel, nextWrite, seeds } from './log-model.ts';

test('a new log is empty, and an empty directory is amnesia if there was one', () => {
  expect(codeOf(() => logOn(new MemoryDisk(), { create: false }).open())).toContain('AMNESIA');
  const disk = new MemoryDisk();
  const empty = { hardState: { term: 0, vote: undefined }, base: { index: 0, term: 0 }, entries: [] };
  expect(logOn(disk).open()).toStrictEqual(empty);
  expect(reopened(disk)).toStrictEqual(empty);
});

test('everything that was written comes back, from one segment or many', () => {
  const { contents } = threeSegments();
  expect(contents.hardState).toStrictEqual({ term: 1, vote: 2 });
  expect(contents.entries).toStrictEqual(Array.from({ length: 17 }, (_, at) => command(at + 1)));
});

test('a frame that fits no segment gets one of its own', () => {
  const disk = new MemoryDisk();
  const log = logOn(disk);
  log.open();
  append(log, { id: 1, entries: [command(1)] });
  append(log, { id: 2, entries: [command(2, 1, 3 * SEGMENT_BYTES)] });
  append(log, { id: 3, entries: [command(3)] });
  expect(reopened(disk).entries).toStrictEqual([command(1), command(2, 1, 3 * SEGMENT_BYTES), command(3)]);
});

test('entries are copies of their own', () => {
  const { contents } = threeSegments();
  for (const { data } of contents.entries) expect(data.buffer.byteLength).toBe(data.length);
});

test('compacted segments are used again, and stay bounded', () => {
  const disk = new MemoryDisk();
  const log = logOn(disk);
  log.open();
  const model = new LogModel();
  for (let id = 1; id <= 300; id++) {
    const write: LogWrite = { id, entries: [command(id)], ...(id > 5 ? { compactTo: id - 5 } : {}) };
    model.apply(write);
    append(log, write);
    while (log.maintain());
    expect(disk.list('/log').length).toBeLessThanOrEqual(5);
  }
  expect(reopened(disk)).toStrictEqual(model.contents());
});

test('segments that went all at once are used again after a restart, and no more are kept than were asked for', () => {
  const disk = new MemoryDisk();
  const log = logOn(disk);
  log.open();
  for (let index = 1; index <= 40; index++) append(log, { id: index, entries: [command(index)] });
  expect(usedOn(disk)).toStrictEqual([]);
  append(log, { id: 41, entries: [], compactTo: 40 });
  while (log.maintain());
  log.close();
  const used = ['used-1.segment', 'used-2.segment'];
  expect(usedOn(disk)).toStrictEqual(used);
  disk.create('/log/used-3.segment').close();
  const again = logOn(disk);
  again.open();
  expect(usedOn(disk)).toStrictEqual(used);
  for (let index = 41; index <= 52; index++) append(again, { id: index, entries: [command(index)] });
  expect(usedOn(disk)).toStrictEqual([]);
  again.close();
  const { entries } = reopened(disk);
  expect(entries).toStrictEqual(Array.from({ length: 12 }, (_, at) => command(at + 41)));
});

function usedOn(disk: MemoryDisk): readonly string[] {
  return disk.list('/log').filter((name) => name.startsWith('used-'));
}

test.each([
  ['at once', [{ truncateFrom: 3, compactTo: 2, entries: [] }]],
  [
    'later',
    [
      { truncateFrom: 3, entries: [] },
      { compactTo: 2, entries: [] },
    ],
  ],
  [
    'behind new entries',
    [
      { truncateFrom: 3, entries: [command(3, 9)] },
      { compactTo: 2, entries: [] },
    ],
  ],
] as const)(
  'a log that was cut back behind all terms that its eldest segment knows, and compacted there %s, is sound',
  (_, cut) => {
    const disk = new MemoryDisk();
    const log = logOn(disk);
    log.open();
    const model = new LogModel();
    const write = (each: Omit<LogWrite, 'id'>): void => {
      model.apply({ id: 1, ...each });
      append(log, { id: 1, ...each });
    };
    const entries = (count: number, term: number): Entry[] =>
      Array.from({ length: count }, (__, at) => command(model.last.index + 1 + at, term, 4));
    for (let frame = 1; frame <= 13; frame++) {
      const term = 1 + Math.floor(frame / 2);
      write({ hardState: { term, vote: undefined }, entries: entries(1, term) });
    }
    // The third segment begins where four terms are known, and holds what cuts the log back behind them.
    write({ hardState: { term: 9, vote: undefined }, entries: [] });
    for (const each of cut) write(each);
    write({ entries: entries(20, 9) });
    for (let frame = 1; frame <= 8; frame++) write({ entries: entries(1, 9) });
    write({ compactTo: 14, entries: [] });
    while (log.maintain());
    log.close();
    expect(disk.list('/log')[0]).toBe('log-00000003.segment');
    expect(reopened(disk)).toStrictEqual(model.contents());
  },
);

test('random writes, power cuts and reopening: all that was acknowledged, nothing that was not proposed', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = new SeededRandom(seed);
      const disk = new MemoryDisk();
      const model = new LogModel();
      let log = logOn(disk, { random });
      log.open();
      for (let id = 1; id <= 60; id++) {
        const batch = Array.from({ length: random.integer(1, 3) }, () => {
          const write = nextWrite(model, id, random);
          model.apply(write);
          return write;
        });
        append(log, ...batch);
        for (let steps = random.integer(0, 3); steps > 0; steps--) log.maintain();
        if (!random.chance(0.15)) continue;
        disk.crash(random);
        log = logOn(disk, { random });
        expect(log.open()).toStrictEqual(model.contents());
      }
    }),
    { numRuns: 40, examples: [[1969955940]] },
  );
});

test('a power cut at any call loses no acknowledged write, and leaves the last one whole or not at all', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = new SeededRandom(seed);
      const dies = new Error('power cut');
      let callsLeft = random.integer(0, 150);
      let during: DiskCall['kind'] | undefined;
      const disk = new MemoryDisk({
        fault: (call) => {
          if (callsLeft-- > 0) return undefined;
          during ??= call.kind;
          throw dies;
        },
      });
      const acknowledged = new LogModel();
      let proposed = acknowledged.copy();
      try {
        const log = logOn(disk, { random });
        log.open();
        for (let id = 1; id <= 100; id++) {
          const write = nextWrite(acknowledged, id, random);
          proposed.apply(write);
          append(log, write);
          acknowledged.apply(write);
          proposed = acknowledged.copy();
          log.maintain();
        }
      } catch (error) {
        if (!(error instanceof StoreError && error.cause === dies)) throw error;
      }
      callsLeft = Number.POSITIVE_INFINITY;
      // The process dies and reads what the system still holds; then the power goes; then again.
      if (random.chance(0.5)) checkRecovered(reopened(disk), acknowledged, proposed);
      const before = random.chance(0.5) ? reopened(disk) : undefined;
      disk.crash(random);
      const after = reopened(disk);
      checkRecovered(after, acknowledged, proposed);
      if (before !== undefined) expect(after).toStrictEqual(before);
      disk.crash(random);
      expect(reopened(disk)).toStrictEqual(after);
    }),
    { numRuns: 300 },
  );
});

function checkRecovered(contents: LogContents, acknowledged: LogModel, proposed: LogModel): void {
  const isProposed = contents.entries.length === proposed.entries.length;
  const options = [acknowledged.contents(), proposed.contents()];
  expect(isProposed ? options.toReversed() : options).toContainEqual(contents);
}

test.each(['EIO', 'ENOSPC'] as const)(
  'after %s on fdatasync the log takes no more, and loses nothing',
  (code) => {
    let failing = false;
    const disk = new MemoryDisk({ fault: ({ kind }) => (failing && kind === 'sync' ? code : undefined) });
    const log = logOn(disk);
    log.open();
    append(log, { id: 1, entries: [command(1)] });
    failing = true;
    const expected = code === 'EIO' ? 'DISK_FAILED' : 'DISK_FULL';
    expect(codeOf(() => append(log, { id: 2, entries: [command(2)] }))).toContain(expected);
    failing = false;
    expect(codeOf(() => append(log, { id: 2, entries: [command(2)] }))).toContain(expected);
    const { entries } = reopened(disk);
    expect([[command(1)], [command(1), command(2)]]).toContainEqual(entries);
    disk.crash(new SeededRandom(1));
    expect(reopened(disk).entries).toStrictEqual(entries);
  },
);

test('a full disk stops the log only when its own space is used up, until there is room again', () => {
  let full = false;
  const disk = new MemoryDisk({
    fault: ({ kind }) => (full && kind === 'create' ? 'ENOSPC' : undefined),
  });
  const log = logOn(disk);
  log.open();
  full = true;
  expect(log.maintain()).toBe(true);
  expect(log.maintain()).toBe(false);
  for (let index = 1; index <= 6; index++) append(log, { id: index, entries: [command(index)] });
  const next = encodeRecords({ id: 7, entries: [command(7)] });
  const large = encodeRecords({ id: 7, entries: [command(7, 1, 2 * SEGMENT_BYTES)] });
  for (let times = 0; times < 3; times++) {
    expect(log.append([next])).toBe('full');
    expect(log.append([large])).toBe('full');
    expect(reopened(disk.copy()).entries.length).toBe(6);
  }
  full = false;
  expect(log.append([next])).toBe('written');
  log.seal();
  expect(reopened(disk).entries.length).toBe(7);
});

test('what may not follow is a broken invariant, and is not written', () => {
  const wrong: readonly LogWrite[] = [
    { id: 3, entries: [command(4)] },
    { id: 3, entries: [command(3, 1)] },
    { id: 3, hardState: { term: 1, vote: 1 }, entries: [] },
    { id: 3, hardState: { term: 2, vote: 2 }, entries: [] },
    { id: 3, truncateFrom: 1, entries: [] },
    { id: 3, compactTo: 3, entries: [] },
  ];
  for (const write of wrong) {
    const disk = new MemoryDisk();
    const log = logOn(disk);
    log.open();
    append(log, {
      id: 1,
      hardState: { term: 2, vote: 1 },
      entries: [command(1, 2), command(2, 2)],
      compactTo: 1,
    });
    expect(() => append(log, write)).toThrow(InvariantError);
    expect(reopened(disk).entries).toStrictEqual([command(2, 2)]);
  }
});

test('a segment of a later release is refused, not repaired', () => {
  const { disk } = threeSegments();
  const file = disk.open(segment(1));
  const bytes = new Uint8Array(512);
  file.read(bytes, 0);
  bytes[4] = 3;
  new DataView(bytes.buffer).setUint32(508, crc32(bytes.subarray(0, 508)), true);
  file.write(bytes, 0);
  expect(codeOf(() => reopened(disk))).toContain('DIRECTORY_MISMATCH');
});
