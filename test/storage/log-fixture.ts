import { StoreError } from '../../src/base/errors.ts';
import type { Random } from '../../src/base/random.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { LogWrite } from '../../src/raft/ready.ts';
import { MemoryDisk } from '../../src/simulation/memory-disk.ts';
import type { LogContents } from '../../src/storage/log-storage.ts';
import { encodeRecords } from '../../src/storage/log/log-records.ts';
import { SegmentedLog } from '../../src/storage/log/segmented-log.ts';

export const SEGMENT_BYTES = 4096;
const USED_SEGMENTS_MAX = 2;
export const segment = (sequence: number): string => `/log/log-${String(sequence).padStart(8, '0')}.segment`;

export function logOn(
  disk: MemoryDisk,
  options: { create?: boolean; random?: Random; segmentBytes?: number } = {},
): SegmentedLog {
  const random = options.random ?? new SeededRandom(7);
  return new SegmentedLog({
    directory: '/log',
    fileSystem: disk,
    segmentBytes: options.segmentBytes ?? SEGMENT_BYTES,
    usedSegmentsMax: USED_SEGMENTS_MAX,
    drawSalt: () => random.integer(1, 2 ** 31),
    create: options.create ?? true,
  });
}

export function append(log: SegmentedLog, ...writes: readonly LogWrite[]): void {
  log.append(writes.map((write) => encodeRecords(write)));
  log.seal();
}

export function reopened(disk: MemoryDisk): LogContents {
  const log = logOn(disk);
  const contents = log.open();
  log.close();
  return contents;
}

export function command(index: number, term = 1, bytes = 100): Entry {
  return { index, term, kind: 'command', data: new Uint8Array(bytes).fill(index % 256) };
}

export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

/** Frames of one entry each, over three segments. */
export function threeSegments(): { disk: MemoryDisk; contents: LogContents } {
  const disk = new MemoryDisk();
  const log = logOn(disk);
  log.open();
  append(log, { id: 1, hardState: { term: 1, vote: 2 }, entries: [command(1)] });
  for (let index = 2; index <= 17; index++) append(log, { id: index, entries: [command(index)] });
  log.close();
  return { disk, contents: reopened(disk) };
}
