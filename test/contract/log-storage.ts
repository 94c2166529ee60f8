import { expect, test } from 'vitest';
import type { Entry } from '../../src/raft/entry.ts';
import type { LogStorage } from '../../src/storage/log-storage.ts';

/** Where logs of one kind live; each test begins with an empty place. */
export interface LogPlace {
  /** A log that is not open yet, over what the one before left. */
  log(): LogStorage;
  remove(): Promise<void>;
}

function entry(index: number, term = 1, bytes = 50): Entry {
  return { index, term, kind: 'command', data: new Uint8Array(bytes).fill(index % 256) };
}

/** What every LogStorage promises. */
export function logStorageContract(name: string, makePlace: () => Promise<LogPlace>): void {
  const contract = (claim: string, body: (place: LogPlace) => Promise<void>): void => {
    test(`${name}: ${claim}`, async () => {
      const place = await makePlace();
      try {
        await body(place);
      } finally {
        await place.remove();
      }
    });
  };

  contract('a new log is empty, and stays so', async (place) => {
    for (let times = 0; times < 2; times++) {
      const log = place.log();
      expect(await log.open()).toStrictEqual({
        hardState: { term: 0, vote: undefined },
        base: { index: 0, term: 0 },
        entries: [],
      });
      await log.close();
    }
  });

  contract('what was written comes back, in the order of the calls', async (place) => {
    const log = place.log();
    await log.open();
    const noop: Entry = { index: 3, term: 2, kind: 'noop', data: new Uint8Array() };
    const members: Entry = { ...entry(6, 2, 300), kind: 'configuration' };
    await Promise.all([
      log.write({ id: 1, hardState: { term: 1, vote: 2 }, entries: [entry(1), entry(2)] }),
      log.write({ id: 2, hardState: { term: 2, vote: undefined }, entries: [noop] }),
      log.write({ id: 3, entries: [entry(4, 2, 100_000), entry(5, 2, 0), members] }),
    ]);
    await log.close();
    const again = place.log();
    expect(await again.open()).toStrictEqual({
      hardState: { term: 2, vote: undefined },
      base: { index: 0, term: 0 },
      entries: [entry(1), entry(2), noop, entry(4, 2, 100_000), entry(5, 2, 0), members],
    });
    await again.close();
  });

  contract('writes settle in order, also when they overlap', async (place) => {
    const log = place.log();
    await log.open();
    const settled: number[] = [];
    const writes = Array.from({ length: 100 }, async (_, at) => {
      await log.write({ id: at + 1, entries: [entry(at + 1)] });
      settled.push(at + 1);
    });
    await Promise.all(writes);
    expect(settled).toStrictEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    await log.close();
  });

  contract('a truncation voids the end, and other entries take its place', async (place) => {
    const log = place.log();
    await log.open();
    await log.write({ id: 1, hardState: { term: 1, vote: 1 }, entries: [1, 2, 3, 4].map((at) => entry(at)) });
    await log.write({
      id: 2,
      hardState: { term: 2, vote: undefined },
      truncateFrom: 3,
      entries: [entry(3, 2)],
    });
    await log.close();
    const again = place.log();
    expect((await again.open()).entries).toStrictEqual([entry(1), entry(2), entry(3, 2)]);
    await again.close();
  });

  contract('a reset leaves nothing, and the log goes on behind it', async (place) => {
    const log = place.log();
    await log.open();
    await log.write({ id: 1, entries: [entry(1), entry(2)] });
    await log.write({ id: 2, reset: { index: 100, term: 7 }, entries: [entry(101, 7)] });
    await log.close();
    const again = place.log();
    const { base, entries } = await again.open();
    expect({ base, entries }).toStrictEqual({ base: { index: 100, term: 7 }, entries: [entry(101, 7)] });
    await again.write({ id: 1, entries: [entry(102, 7)] });
    await again.close();
  });

  contract(
    'compaction moves the base at most to what was compacted, and loses nothing behind',
    async (place) => {
      const log = place.log();
      await log.open();
      await log.write({ id: 1, entries: Array.from({ length: 20 }, (_, at) => entry(at + 1)) });
      await log.write({ id: 2, compactTo: 12, entries: [entry(21)] });
      await log.close();
      const again = place.log();
      const { base, entries } = await again.open();
      expect(base.index).toBeLessThanOrEqual(12);
      const kept = Array.from({ length: 21 - base.index }, (_, at) => entry(base.index + 1 + at));
      expect(entries).toStrictEqual(kept);
      await again.close();
    },
  );

  contract('a closed log takes nothing, and closing waits for what was begun', async (place) => {
    const log = place.log();
    await log.open();
    const write = log.write({ id: 1, entries: [entry(1)] });
    await log.close();
    await write;
    await expect(log.write({ id: 2, entries: [entry(2)] })).rejects.toMatchObject({ code: 'CLOSED' });
    const again = place.log();
    expect((await again.open()).entries).toStrictEqual([entry(1)]);
    await again.close();
  });
}
