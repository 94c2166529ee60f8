import { present } from '../../base/assert.ts';
import { FileWindow } from './file-window.ts';
import type { FrameHeader } from './frame.ts';
import { FRAME_HEADER_BYTES, frameBody, readFrameHeader, SECTOR_BYTES } from './frame.ts';
import { HeldEntries } from './held-entries.ts';
import type { LogRecord } from './log-records.ts';
import { decodeRecords, describeRecord } from './log-records.ts';
import { agree, type LogSummary } from './log-summary.ts';
import { LogTail } from './log-tail.ts';
import type { Seal } from './seal.ts';
import type { Flaw, Segment } from './segment.ts';
import { corrupt, framesEnd } from './segment.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';

/** Where reading ended. */
export interface LogEnd {
  /** Where in the last segment the next frame goes; undefined if it must go into a new segment. */
  readonly end: number | undefined;
  readonly lastFrameAt: number | undefined;
  readonly nextFrame: number;
}

/**
 * Reads frames from front to back. Where one is not sound it goes on at the next sound thing, be it a
 * frame, a segment or the seal, with what that says of the log before it.
 */
export class LogReader {
  readonly held: HeldEntries;
  readonly flaws: Flaw[];
  readonly #segments: readonly Segment[];
  readonly #seal: Seal | undefined;
  #tail: LogTail;
  #nextFrame: number;
  /** Since the last sound frame there was something that is not. */
  #gap: Flaw | undefined;
  #end: number = SEGMENT_HEADER_BYTES;
  #lastFrameAt: number | undefined;

  constructor(segments: readonly Segment[], seal: Seal | undefined, flaws: Flaw[]) {
    const { before, firstFrame } = present(segments[0], 'there is a segment').header;
    this.#segments = segments;
    this.#seal = seal;
    this.flaws = flaws;
    this.#tail = new LogTail(before);
    this.#nextFrame = firstFrame;
    this.held = new HeldEntries(before.compacted.index);
    this.held.skipTo(before.lastIndex, () => undefined);
  }

  get tail(): LogTail {
    return this.#tail;
  }

  read(): LogEnd {
    for (const [at, segment] of this.#segments.entries()) {
      this.#enter(segment);
      this.#readSegment(segment, this.#segments[at + 1]);
    }
    return this.#finish();
  }

  /** What a segment repeats of the log before it must be what the log before it says, if all of that was read. */
  #enter(segment: Segment): void {
    const { header, path } = segment;
    if (this.#gap === undefined && header.firstFrame === this.#nextFrame) {
      if (!agree(header.before, this.#tail.summary)) {
        throw corrupt(path, 0, 'the header does not continue the segment before');
      }
      this.#tail.learn(header.before);
    } else {
      if (header.firstFrame < this.#nextFrame) {
        throw corrupt(path, 0, `it begins with frame ${header.firstFrame} where ${this.#nextFrame} belongs`);
      }
      this.#resume(header.before, header.firstFrame);
    }
    this.#end = SEGMENT_HEADER_BYTES;
    this.#lastFrameAt = undefined;
  }

  #readSegment(segment: Segment, next: Segment | undefined): void {
    const window = new FileWindow(segment.file, segment.bytes);
    const endMax = framesEnd(segment);
    let at = SEGMENT_HEADER_BYTES;
    while (at + FRAME_HEADER_BYTES <= endMax) {
      if (this.#gap === undefined && this.#nextFrame === next?.header.firstFrame) return;
      const frame = readFrameHeader(window.read(at, FRAME_HEADER_BYTES), segment.header.salt);
      const isWhole = frame !== undefined && at + frame.frameBytes <= endMax;
      if (frame === undefined || !isWhole) {
        this.#noteGap(segment, at, 'no sound frame begins here');
        at += SECTOR_BYTES;
        continue;
      }
      this.#readFrame(segment, at, frame, frameBody(window.read(at, frame.frameBytes), frame));
      at += frame.frameBytes;
    }
    if (this.#nextFrame !== next?.header.firstFrame) this.#noteGap(segment, this.#end, 'frames are missing');
  }

  #readFrame(segment: Segment, at: number, header: FrameHeader, body: Uint8Array | undefined): void {
    if (header.sequence < this.#nextFrame) {
      throw corrupt(segment.path, at, `frame ${header.sequence} where ${this.#nextFrame} belongs`);
    }
    if (this.#gap !== undefined || header.sequence > this.#nextFrame) {
      this.#noteGap(segment, at, `frame ${this.#nextFrame} is missing`);
      this.#resume(header.before, header.sequence);
      this.#end = at;
    }
    if (body === undefined) {
      this.#noteGap(segment, at, `frame ${header.sequence} is not what was written`);
      return;
    }
    try {
      if (!agree(header.before, this.#tail.summary)) throw new RangeError('it follows another log');
      this.#tail.learn(header.before);
      for (const record of decodeRecords(body)) this.#take(record);
    } catch (error) {
      if (error instanceof RangeError) throw corrupt(segment.path, at, error.message);
      throw error;
    }
    this.#nextFrame = header.sequence + 1;
    this.#lastFrameAt = at;
    this.#end = at + header.frameBytes;
  }

  #noteGap({ path }: Segment, offset: number, what: string): void {
    this.#gap ??= { path, offset, what };
  }

  /** Goes on behind what was not sound: it was written, for this says so. */
  #resume(before: LogSummary, nextFrame: number): void {
    const gap = this.#gap;
    this.#gap = undefined;
    this.#nextFrame = nextFrame;
    this.#tail = new LogTail(before, this.#tail);
    const { compacted, lastIndex } = before;
    if (this.held.lastIndex < compacted.index || compacted.index < this.held.base)
      this.held.reset(compacted.index);
    else this.held.dropTo(compacted.index);
    this.held.skipTo(lastIndex, (index) => this.#tail.termAt(index));
    if (gap !== undefined) this.flaws.push({ ...gap, first: this.held.firstGap });
  }

  /** What is not sound at the very end was promised if the seal says so; otherwise it was never whole. */
  #finish(): LogEnd {
    const seal = this.#seal;
    if (seal?.frame === this.#nextFrame - 1 && this.#gap === undefined) this.#tail.learn(seal.summary);
    if (seal === undefined || seal.frame < this.#nextFrame) {
      return { end: this.#end, lastFrameAt: this.#lastFrameAt, nextFrame: this.#nextFrame };
    }
    this.#resume(seal.summary, seal.frame + 1);
    return { end: undefined, lastFrameAt: undefined, nextFrame: this.#nextFrame };
  }

  #take(record: LogRecord): void {
    const problem = this.#tail.problem(record);
    if (problem !== undefined) throw new RangeError(`${describeRecord(record)}, but ${problem}`);
    this.#tail.apply(record);
    switch (record.kind) {
      case 'entry':
        // A copy, or each entry would keep the whole piece of the file that it was read with.
        this.held.append({ ...record.entry, data: record.entry.data.slice() });
        return;
      case 'fill':
        this.held.place({ ...record.entry, data: record.entry.data.slice() });
        return;
      case 'reset':
        this.held.reset(record.position.index);
        return;
      case 'rebase':
        this.held.dropTo(record.position.index);
        return;
      case 'truncate':
        this.held.truncateFrom(record.from);
        return;
      case 'compact':
        this.held.dropTo(record.to);
        return;
      default:
        return;
    }
  }
}
