import { StoreError } from '../../src/base/errors.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { MemoryDisk } from '../../src/simulation/memory-disk.ts';
import type { LogContents } from '../../src/storage/log-storage.ts';
import { encodeRecords } from '../../src/storage/log/log-records.ts';
import { SegmentedLog } from '../../src/storage/log/segmented-log.ts';

/** What a flipped bit came to: nothing, or a gap that was told and leaves everything else. */
export type FlipOutcome = 'harmless' | 'told' | 'stopped';

/** A log at rest, and every bit of it. */
export interface LogUnderTest {
  readonly disk: MemoryDisk;
  readonly contents: LogContents;
  readonly files: readonly string[];
}

export function openLog(
  disk: MemoryDisk,
  segmentBytes: number,
): { log: SegmentedLog; contents: LogContents } {
  const random = new SeededRandom(7);
  const log = new SegmentedLog({
    directory: '/log',
    fileSystem: disk,
    segmentBytes,
    usedSegmentsMax: 1,
    drawSalt: () => random.integer(1, 2 ** 31),
    create: true,
  });
  return { log, contents: log.open() };
}

/** Segments of `segmentBytes`, full of frames of one to three entries, with some changes of term and some truncations. */
export function logUnderTest(segmentBytes: number, segments: number): LogUnderTest {
  const disk = new MemoryDisk();
  const { log } = openLog(disk, segmentBytes);
  const random = new SeededRandom(11);
  let term = 1;
  let last = 0;
  const entry = (): Entry => {
    const data = Uint8Array.from({ length: random.integer(0, 900) }, () => random.integer(0, 255));
    return { index: ++last, term, kind: 'command', data };
  };
  const segmentsNow = (): number => disk.list('/log').filter((name) => name.startsWith('log-')).length;
  log.append([encodeRecords({ id: 1, hardState: { term, vote: 1 }, entries: [entry()] })]);
  for (let id = 2; segmentsNow() <= segments; id++) {
    if (random.chance(0.1)) {
      const truncateFrom = Math.max(2, last - random.integer(0, 2));
      last = truncateFrom - 1;
      term += 1;
      const entries = [entry()];
      log.append([
        encodeRecords({ id, hardState: { term, vote: random.integer(1, 3) }, truncateFrom, entries }),
      ]);
    } else {
      log.append([encodeRecords({ id, entries: Array.from({ length: random.integer(1, 3) }, entry) })]);
    }
  }
  log.seal();
  log.close();
  const reopened = openLog(disk, segmentBytes);
  reopened.log.close();
  const files = disk.list('/log').filter((name) => !/^(spare|used)/.test(name));
  return { disk, contents: reopened.contents, files: files.map((name) => `/log/${name}`) };
}

/**
 * Opens the log with one bit flipped, and judges what comes out: every entry that is handed out is the
 * one that was written, term and vote are known, and what lacks is said. Throws if not.
 */
export function judgeFlip(sound: LogUnderTest, segmentBytes: number, path: string, bit: number): FlipOutcome {
  const disk = sound.disk.copy();
  disk.flipBit(path, bit);
  let contents: LogContents;
  try {
    contents = openLog(disk, segmentBytes).contents;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'LOG_CORRUPT' && error.message.includes(path))
      return 'stopped';
    throw error;
  }
  const { hardState, base, entries, damage } = contents;
  const truth = sound.contents;
  check(hardState.term === truth.hardState.term && hardState.vote === truth.hardState.vote, 'the hard state');
  check(base.index === truth.base.index && base.term === truth.base.term, 'the base');
  checkEntries(truth, entries);
  if (damage === undefined) {
    check(entries.length === truth.entries.length, 'the number of entries');
    return 'harmless';
  }
  checkEntries(truth, damage.beyond);
  const last = truth.entries.at(-1);
  check(damage.anchor.index === last?.index && damage.anchor.term === last.term, 'the anchor');
  check(damage.first === base.index + entries.length + 1, 'the first that lacks');
  check(damage.what.startsWith(`${path}: damaged at byte `), 'the place');
  const lacking = truth.entries.length - entries.length - damage.beyond.length;
  check(lacking > 0 && lacking <= 3, 'how many lack');
  return 'told';
}

function checkEntries(truth: LogContents, entries: readonly Entry[]): void {
  for (const entry of entries) {
    const written = truth.entries[entry.index - truth.base.index - 1];
    check(written?.term === entry.term && written.kind === entry.kind, `entry ${entry.index}`);
    check(Buffer.compare(written?.data ?? new Uint8Array(), entry.data) === 0, `the data of ${entry.index}`);
  }
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`a flipped bit changed ${what}`);
}
