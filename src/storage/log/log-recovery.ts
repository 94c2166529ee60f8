import { assert, present } from '../../base/assert.ts';
import type { Entry } from '../../raft/entry.ts';
import type { LogContents } from '../log-storage.ts';
import type { FileSystem } from './file-system.ts';
import { FileWindow } from './file-window.ts';
import { FRAME_HEADER_BYTES, frameBody, readFrameHeader, SECTOR_BYTES } from './frame.ts';
import type { LogRecord } from './log-records.ts';
import { decodeRecords, describeRecord } from './log-records.ts';
import { LogTail } from './log-tail.ts';
import type { Segment } from './segment.ts';
import { corrupt, openSegment, segmentPaths } from './segment.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';

export interface RecoveredLog {
  readonly contents: LogContents;
  readonly tail: LogTail;
  /** All of them, ascending; the last is the one to write on. */
  readonly segments: readonly Segment[];
  /** Where in the last segment the next frame goes, and its sequence. */
  readonly end: number;
  readonly nextFrame: number;
  /** Where the last frame of the last segment begins; undefined if that segment has none. */
  readonly lastFrameAt: number | undefined;
}

interface SegmentEnd {
  readonly end: number;
  readonly lastFrameAt: number | undefined;
}

/**
 * Reads the whole log and changes nothing. Undefined if there is none.
 *
 * Writes go to the disk one at a time, one frame each, and each waits for the one before. So at most
 * one frame, the very last, can be torn; nobody was promised it, and it is left out. Anything else
 * that does not check had been promised, and is an error: to cut it would lose what this node
 * acknowledged (FAST '18, "Protocol-Aware Recovery").
 *
 * @throws StoreError LOG_CORRUPT, DIRECTORY_MISMATCH
 */
export function recoverLog(fileSystem: FileSystem, directory: string): RecoveredLog | undefined {
  const segments: Segment[] = [];
  try {
    for (const path of segmentPaths(fileSystem, directory)) {
      const segment = openSegment(fileSystem, path);
      segments.push(segment);
      checkNeighbours(segments.at(-2), segment);
    }
    const first = segments[0];
    return first === undefined ? undefined : new LogReader(segments, first).read();
  } catch (error) {
    for (const segment of segments) segment.file.close();
    throw error;
  }
}

function checkNeighbours(before: Segment | undefined, segment: Segment): void {
  if (before === undefined) return;
  const missing = before.header.sequence + 1;
  if (segment.header.sequence !== missing) {
    throw corrupt(segment.path, 0, `segment ${missing}, which comes before it, is missing`);
  }
}

class LogReader {
  readonly #segments: readonly Segment[];
  readonly #first: Segment;
  readonly #tail: LogTail;
  #entries: Entry[] = [];
  #nextFrame: number;

  constructor(segments: readonly Segment[], first: Segment) {
    this.#segments = segments;
    this.#first = first;
    this.#tail = new LogTail(first.header.hardState, first.header.previous, first.header.compactedTo);
    this.#nextFrame = first.header.firstFrame;
  }

  read(): RecoveredLog {
    let last: SegmentEnd = { end: SEGMENT_HEADER_BYTES, lastFrameAt: undefined };
    for (const [at, segment] of this.#segments.entries()) {
      const next = this.#segments[at + 1];
      this.#checkHeader(segment);
      last = this.#readSegment(segment, next);
    }
    return {
      contents: this.#contents(),
      tail: this.#tail,
      segments: this.#segments,
      nextFrame: this.#nextFrame,
      ...last,
    };
  }

  #contents(): LogContents {
    const index = this.#tail.compactedTo;
    const term = this.#tail.termAt(index);
    if (term === undefined) {
      throw corrupt(this.#first.path, 0, `the segments that hold the log from ${index} on are missing`);
    }
    const firstIndex = this.#entries[0]?.index ?? index + 1;
    assert(firstIndex === index + 1, 'entries begin behind the base');
    assert(
      firstIndex + this.#entries.length - 1 === this.#tail.lastIndex,
      'entries reach the end of the log',
    );
    return { hardState: this.#tail.hardState, base: { index, term }, entries: this.#entries };
  }

  /** What a segment repeats of the log before it must be what the log before it says. */
  #checkHeader({ header, path }: Segment): void {
    const tail = this.#tail;
    const agrees =
      header.firstFrame === this.#nextFrame &&
      header.previous.index === tail.lastIndex &&
      header.hardState.term === tail.hardState.term &&
      header.hardState.vote === tail.hardState.vote &&
      header.compactedTo === tail.compactedTo;
    if (!agrees) throw corrupt(path, 0, 'the header does not continue the segment before');
  }

  #readSegment(segment: Segment, next: Segment | undefined): SegmentEnd {
    const window = new FileWindow(segment.file, segment.bytes);
    let end = SEGMENT_HEADER_BYTES;
    let lastFrameAt: number | undefined;
    for (;;) {
      if (next !== undefined && this.#nextFrame === next.header.firstFrame) break;
      const frameBytes = this.#readFrame(segment, window, end);
      if (frameBytes === undefined) {
        checkTorn(segment, window, end, next);
        break;
      }
      lastFrameAt = end;
      end += frameBytes;
      this.#nextFrame += 1;
    }
    return { end, lastFrameAt };
  }

  /** Takes in the frame at `at`; returns its length, or undefined if there is no sound one. */
  #readFrame(segment: Segment, window: FileWindow, at: number): number | undefined {
    const header = readFrameHeader(window.read(at, FRAME_HEADER_BYTES), segment.header.salt);
    if (header === undefined || at + header.frameBytes > segment.bytes) return undefined;
    if (header.sequence !== this.#nextFrame) {
      throw corrupt(segment.path, at, `frame ${header.sequence} where ${this.#nextFrame} belongs`);
    }
    const body = frameBody(window.read(at, header.frameBytes), header);
    if (body === undefined) return undefined;
    try {
      if (header.lastIndexBefore !== this.#tail.lastIndex) throw new RangeError('it follows another log');
      for (const record of decodeRecords(body)) {
        const problem = this.#tail.problem(record);
        if (problem !== undefined) throw new RangeError(`${describeRecord(record)}, but ${problem}`);
        this.#take(record);
      }
      if (header.lastIndexAfter !== this.#tail.lastIndex) throw new RangeError('it leads to another log');
    } catch (error) {
      if (error instanceof RangeError) throw corrupt(segment.path, at, error.message);
      throw error;
    }
    return header.frameBytes;
  }

  #take(record: LogRecord): void {
    this.#tail.apply(record);
    switch (record.kind) {
      case 'entry':
        // A copy, or each entry would keep the whole piece of the file that it was read with.
        this.#entries.push({ ...record.entry, data: record.entry.data.slice() });
        return;
      case 'reset':
        this.#entries = [];
        return;
      case 'truncate':
        while ((this.#entries.at(-1)?.index ?? 0) >= record.from) this.#entries.pop();
        return;
      case 'compact':
        this.#dropCompacted();
        return;
      default:
        return;
    }
  }

  #dropCompacted(): void {
    const first = this.#entries[0];
    if (first === undefined) return;
    this.#entries.splice(0, this.#tail.compactedTo + 1 - first.index);
  }
}

/** The frame at `at` is not sound: harmless if it is the last one that was ever begun. */
function checkTorn(segment: Segment, window: FileWindow, at: number, next: Segment | undefined): void {
  if (next !== undefined) {
    throw corrupt(segment.path, at, `a frame is not sound, and segment ${next.header.sequence} follows`);
  }
  for (let behind = at + SECTOR_BYTES; behind < segment.bytes; behind += SECTOR_BYTES) {
    const header = readFrameHeader(window.read(behind, FRAME_HEADER_BYTES), segment.header.salt);
    if (header !== undefined) {
      throw corrupt(
        segment.path,
        at,
        `a frame is not sound, and frame ${header.sequence} follows at ${behind}`,
      );
    }
  }
}

/** The last frame of the log, as it lies in its segment. */
export function lastFrameBytes({ lastFrameAt, end, segments }: RecoveredLog): Uint8Array | undefined {
  if (lastFrameAt === undefined) return undefined;
  const bytes = new Uint8Array(end - lastFrameAt);
  const { file } = present(segments.at(-1), 'a log that was recovered has a segment');
  const count = file.read(bytes, lastFrameAt);
  assert(count === bytes.length, 'a frame that was read can be read again');
  return bytes;
}
