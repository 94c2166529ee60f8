import { assert, InvariantError, present } from '../../base/assert.ts';
import { Scratch } from '../../base/scratch.ts';
import { StoreError } from '../../base/errors.ts';
import type { LogContents } from '../log-storage.ts';
import { diskError } from '../disk-error.ts';
import type { FileSystem } from './file-system.ts';
import { FRAME_HEADER_BYTES, frameBytesFor, sealFrame, SECTOR_BYTES } from './frame.ts';
import { lastFrameBytes, recoverLog } from './log-recovery.ts';
import type { RecoveredLog } from './log-recovery.ts';
import { describeRecord, followRecords, type RecordFollower } from './log-records.ts';
import { continuedCrc, joinedCrc } from '../../wire/joined-crc.ts';
import { LogTail } from './log-tail.ts';
import type { Segment } from './segment.ts';
import { framesEnd, headerPlaces, repairHeader, segmentName } from './segment.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts';
import { EMPTY_SUMMARY } from './log-summary.ts';
import { SealFile } from './seal.ts';
import { SpareSegments } from './spare-segments.ts';

export interface SegmentedLogOptions {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** Length of a segment, a multiple of 512. A frame that is longer gets a segment of its own. */
  readonly segmentBytes: number;
  /** So many segments that are no longer needed are kept, to be used again. */
  readonly usedSegmentsMax: number;
  /** A fresh whole number below `SALT_LIMIT` for each segment, hard to guess for who writes entries. */
  readonly drawSalt: () => number;
  /** Whether a directory without a log gets a new one, or is the error AMNESIA. */
  readonly create: boolean;
}

/** A longer frame gets memory of its own. */
const SCRATCH_BYTES_MAX = 16 * 1024 * 1024;
const SCRATCH_BYTES_MIN = 64 * 1024;

/**
 * The log on disk, and this folder's chapter.
 *
 * The log is a row of files, the segments. A segment begins with a header (segment-header.ts) that
 * repeats what its elders said, so that they can go once their entries are in the state; a copy of it
 * ends the file. In between lie frames (frame.ts): one frame is one write and one fdatasync, and holds
 * the records (log-records.ts) of all that waited when the disk was free. Frames are numbered without
 * a gap over all segments, which is how a missing or a stale one shows. Each bears what the log
 * amounted to before it (log-summary.ts), term and vote among that, and for the last one the seal does
 * (seal.ts): so no single damaged place can take them away. log-recovery.ts tells a torn tail from
 * damage; log-reader.ts goes on behind what is damaged; log-tail.ts knows what may follow what.
 *
 * Everything here is synchronous, and blocks: `LogStore` runs it on a thread of its own. After an
 * error nothing more is written: what the disk holds of a failed write is not known, and a second
 * fdatasync would lie about it (Rebello et al., ATC '20).
 */
export class SegmentedLog {
  readonly #options: SegmentedLogOptions;
  readonly #spare: SpareSegments;
  readonly #seal: SealFile;
  /** Where frames are put together. */
  readonly #scratch: Scratch;
  #segments: Segment[] = [];
  #lastSegment = 0;
  #tail: LogTail = new LogTail(EMPTY_SUMMARY);
  #nextFrame = 1;
  /** Where the next frame goes in the last segment. */
  #end = 0;
  #failure: StoreError | undefined;
  readonly #follower: RecordFollower = {
    onEntry: (index, term) => {
      const problem = this.#tail.entryProblem(index, term);
      if (problem !== undefined) {
        throw new InvariantError(`the log can take entry ${index} of term ${term}: ${problem}`);
      }
      this.#tail.append(index, term);
    },
    onOther: (record) => {
      const problem = this.#tail.problem(record);
      if (problem !== undefined) {
        throw new InvariantError(`the log can take ${describeRecord(record)}: ${problem}`);
      }
      this.#tail.apply(record);
    },
  };

  constructor(options: SegmentedLogOptions) {
    assert(options.segmentBytes % SECTOR_BYTES === 0, 'a segment is made of sectors');
    assert(options.segmentBytes > 2 * SEGMENT_HEADER_BYTES, 'a segment has room for a frame');
    this.#options = options;
    const { fileSystem, directory, segmentBytes: bytes, usedSegmentsMax: usedMax } = options;
    this.#scratch = new Scratch(Math.min(SCRATCH_BYTES_MIN, bytes), SCRATCH_BYTES_MAX);
    this.#spare = new SpareSegments({ fileSystem, directory, bytes, usedMax });
    this.#seal = new SealFile(fileSystem, directory);
  }

  /**
   * Opens the log, or creates it. A torn tail is cut; everything that is handed out is on stable
   * storage. What is damaged is told, and stays as it is until what repairs it is written.
   *
   * @throws StoreError LOG_CORRUPT, AMNESIA, DIRECTORY_MISMATCH, DISK_FULL, DISK_FAILED
   */
  open(): LogContents {
    const { directory, fileSystem, create } = this.#options;
    return this.#guarded('opening the log', () => {
      fileSystem.makeDirectory(directory);
      const recovered = recoverLog(fileSystem, directory);
      if (recovered === undefined && !create) {
        throw new StoreError('AMNESIA', `${directory}: the log that was here is gone`);
      }
      this.#spare.open();
      this.#seal.open();
      if (recovered === undefined) this.#begin();
      else this.#resume(recovered);
      this.#writeSeal();
      const { hardState, compacted: base } = this.#tail;
      return recovered?.contents ?? { hardState, base, entries: [] };
    });
  }

  /**
   * Makes the records of some writes (see `encodeRecords`) durable, as one frame: all or none. `full`
   * if the disk has no room for them: nothing was written, and it may be tried again. `checksums` are
   * those of the bodies, as far as they are known.
   *
   * @throws StoreError DISK_FULL, DISK_FAILED; after that, always
   */
  append(bodies: readonly Uint8Array[], checksums: readonly (number | undefined)[] = []): 'written' | 'full' {
    const bodyBytes = bodies.reduce((sum, body) => sum + body.length, 0);
    if (bodyBytes === 0) return 'written';
    return this.#guarded('writing the log', () => {
      const frameBytes = frameBytesFor(bodyBytes);
      const hasRoom = this.#end + frameBytes <= framesEnd(this.#active) || this.#roll(frameBytes);
      if (!hasRoom) return 'full';
      const frame = this.#frame(bodies, checksums, frameBytes);
      const { file } = this.#active;
      file.write(frame, this.#end);
      file.sync();
      this.#end += frameBytes;
      this.#nextFrame += 1;
      return 'written';
    });
  }

  /**
   * Notes that all that was appended is on stable storage: what is damaged of it later was not torn.
   * For when nothing more waits; the next frame proves as much.
   */
  seal(): void {
    this.#guarded('sealing the log', () => this.#writeSeal());
  }

  /** Whether the next segment may not be ready in time unless `maintain` is called soon. */
  get isBehind(): boolean {
    return !this.#spare.isReady && this.#spare.filledBytes < 2 * this.#end;
  }

  /** The disk has no room for a next segment: what is left of this one is all there is. */
  get isFull(): boolean {
    return this.#spare.isPostponed;
  }

  /** Lets `maintain` try once more to make the next segment. */
  tryAgain(): void {
    this.#spare.tryAgain();
  }

  /**
   * One short step of what can wait: puts one segment that is no longer needed aside, or goes on
   * making the next one. Whether there was something to do.
   */
  maintain(): boolean {
    return this.#guarded('preparing the log', () => this.#retire() || this.#spare.step());
  }

  close(): void {
    if (this.#failure === undefined && this.#segments.length > 0) {
      this.#guarded('closing the log', () => {
        // What nobody needs any more would be read once more when it is opened.
        while (this.#retire());
        this.#seal.sync();
      });
    }
    this.#seal.close();
    for (const segment of this.#segments) segment.file.close();
    this.#segments = [];
    this.#spare.close();
    this.#failure ??= new StoreError('CLOSED', 'the log is closed');
  }

  get #active(): Segment {
    return present(this.#segments.at(-1), 'an open log has a segment');
  }

  #resume(recovered: RecoveredLog): void {
    this.#segments = [...recovered.segments];
    this.#lastSegment = recovered.lastSegment;
    this.#tail = recovered.tail;
    this.#nextFrame = recovered.nextFrame;
    for (const segment of this.#segments) repairHeader(segment);
    if (recovered.end === undefined) {
      this.#begin();
      return;
    }
    this.#end = recovered.end;
    const { file } = this.#active;
    // The last frame may never have reached the disk, though it can be read: its fdatasync may not
    // have begun, or have failed and left the pages marked clean. So it is written once more.
    const frame = lastFrameBytes(recovered);
    if (frame !== undefined && recovered.lastFrameAt !== undefined) file.write(frame, recovered.lastFrameAt);
    // No part of a torn frame may ever be completed by a later write to the same place.
    if (recovered.end < framesEnd(this.#active)) file.write(new Uint8Array(SECTOR_BYTES), recovered.end);
    file.sync();
    this.#options.fileSystem.syncDirectory(this.#options.directory);
  }

  #writeSeal(): void {
    this.#seal.write({ frame: this.#nextFrame - 1, segment: this.#lastSegment, summary: this.#tail.summary });
  }

  /** Builds the frame, and follows its records. */
  #frame(
    bodies: readonly Uint8Array[],
    checksums: readonly (number | undefined)[],
    frameBytes: number,
  ): Uint8Array {
    const before = this.#tail.summary;
    const frame = roomAround(bodies, frameBytes) ?? this.#scratch.take(frameBytes);
    let at = FRAME_HEADER_BYTES;
    let bodyCrc = 0;
    for (const [index, body] of bodies.entries()) {
      this.#follow(body);
      if (body.buffer !== frame.buffer) frame.set(body, at);
      const crc = checksums[index];
      bodyCrc = crc === undefined ? continuedCrc(bodyCrc, body) : joinedCrc(bodyCrc, crc, body.length);
      at += body.length;
    }
    frame.fill(0, at);
    sealFrame(frame, {
      salt: this.#active.header.salt,
      sequence: this.#nextFrame,
      before,
      bodyCrc: continuedCrc(bodyCrc, frame.subarray(at)),
    });
    return frame;
  }

  #follow(body: Uint8Array): void {
    followRecords(body, this.#follower);
  }

  #begin(): void {
    const hasRoom = this.#roll(0);
    if (!hasRoom)
      throw new StoreError('DISK_FULL', `${this.#options.directory}: there is no room for a segment`);
  }

  /** Begins a new segment with room for a frame of that length; false if the disk has none. */
  #roll(frameBytes: number): boolean {
    const { directory, fileSystem, drawSalt } = this.#options;
    const blank = this.#spare.take(2 * SEGMENT_HEADER_BYTES + frameBytes);
    if (blank === undefined) return false;
    const header = {
      sequence: this.#lastSegment + 1,
      salt: drawSalt(),
      firstFrame: this.#nextFrame,
      bytes: blank.bytes,
      before: this.#tail.summary,
    };
    const path = `${directory}/${segmentName(header.sequence)}`;
    // The header is durable before the file has its name: a segment without a sound one is damaged.
    for (const place of headerPlaces(blank.bytes)) blank.file.write(encodeSegmentHeader(header), place);
    blank.file.sync();
    fileSystem.rename(blank.path, path);
    fileSystem.syncDirectory(directory);
    this.#segments.push({ path, header, file: blank.file, bytes: blank.bytes, damagedHeaders: [] });
    this.#lastSegment = header.sequence;
    this.#end = SEGMENT_HEADER_BYTES;
    return true;
  }

  /**
   * Lets go of the eldest segment, if the next one began when everything before it was compacted.
   * One at a time, so that a power cut cannot leave a gap.
   */
  #retire(): boolean {
    const [eldest, next] = this.#segments;
    if (eldest === undefined || next === undefined) return false;
    if (next.header.before.lastIndex > this.#tail.compacted.index) return false;
    eldest.file.close();
    if (!this.#spare.adopt(eldest.path, eldest.bytes)) this.#options.fileSystem.remove(eldest.path);
    this.#options.fileSystem.syncDirectory(this.#options.directory);
    this.#segments.shift();
    return true;
  }

  #guarded<T>(doing: string, action: () => T): T {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return action();
    } catch (error) {
      this.#failure = diskError(error, `${doing} in ${this.#options.directory}`);
      throw error instanceof InvariantError ? error : this.#failure;
    }
  }
}

/** A body that is alone, and has room for its frame around it, stays where it is; memory that is shared has none. */
function roomAround([body, ...others]: readonly Uint8Array[], frameBytes: number): Uint8Array | undefined {
  if (body === undefined || others.length > 0 || body.byteOffset !== FRAME_HEADER_BYTES) return undefined;
  if (!(body.buffer instanceof ArrayBuffer)) return undefined;
  return body.buffer.byteLength < frameBytes ? undefined : new Uint8Array(body.buffer, 0, frameBytes);
}
