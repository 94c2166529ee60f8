import { assert, InvariantError, present } from '../../base/assert.ts';
import { StoreError } from '../../base/errors.ts';
import type { LogContents } from '../log-storage.ts';
import { diskError } from '../disk-error.ts';
import type { FileSystem } from './file-system.ts';
import { FRAME_HEADER_BYTES, frameBytesFor, sealFrame, SECTOR_BYTES } from './frame.ts';
import { lastFrameBytes, recoverLog } from './log-recovery.ts';
import type { RecoveredLog } from './log-recovery.ts';
import { decodeRecords, describeRecord } from './log-records.ts';
import { LogTail } from './log-tail.ts';
import type { Segment } from './segment.ts';
import { segmentName } from './segment.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts';
import { SpareSegment } from './spare-segment.ts';

export interface SegmentedLogOptions {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** Length of a segment, a multiple of 512. A frame that is longer gets a segment of its own. */
  readonly segmentBytes: number;
  /** A fresh whole number below `SALT_LIMIT` for each segment, hard to guess for who writes entries. */
  readonly drawSalt: () => number;
  /** Whether a directory without a log gets a new one, or is the error AMNESIA. */
  readonly create: boolean;
}

const SCRATCH_MAX_BYTES = 1024 * 1024;

/**
 * The log on disk, and this folder's chapter.
 *
 * The log is a row of files, the segments. A segment begins with a header (segment-header.ts) that
 * repeats what its elders said, so that they can go once their entries are in the state. Behind it
 * lie frames (frame.ts): one frame is one write and one fdatasync, and holds the records
 * (log-records.ts) of all that waited when the disk was free. Frames are numbered without a gap over
 * all segments, which is how a missing or a stale one shows. log-recovery.ts tells a torn tail from
 * damage; log-tail.ts knows what may follow what.
 *
 * Everything here is synchronous, and blocks: `LogStore` runs it on a thread of its own. After an
 * error nothing more is written: what the disk holds of a failed write is not known, and a second
 * fdatasync would lie about it (Rebello et al., ATC '20).
 */
export class SegmentedLog {
  readonly #options: SegmentedLogOptions;
  readonly #spare: SpareSegment;
  /** Where frames are put together, but those that are longer. */
  readonly #scratch: Uint8Array;
  #segments: Segment[] = [];
  #tail: LogTail = new LogTail({ term: 0, vote: undefined }, { index: 0, term: 0 }, 0);
  #nextFrame = 1;
  /** Where the next frame goes in the last segment. */
  #end = 0;
  #failure: StoreError | undefined;

  constructor(options: SegmentedLogOptions) {
    assert(options.segmentBytes % SECTOR_BYTES === 0, 'a segment is made of sectors');
    assert(options.segmentBytes > SEGMENT_HEADER_BYTES, 'a segment has room for a frame');
    this.#options = options;
    this.#scratch = new Uint8Array(Math.min(SCRATCH_MAX_BYTES, options.segmentBytes));
    this.#spare = new SpareSegment(options.fileSystem, options.directory, options.segmentBytes);
  }

  /**
   * Opens the log, or creates it. A torn tail is cut; everything that is handed out is on stable storage.
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
      if (recovered !== undefined) return this.#resume(recovered);
      this.#roll(0);
      return { hardState: this.#tail.hardState, base: { index: 0, term: 0 }, entries: [] };
    });
  }

  /**
   * Makes the records of some writes (see `encodeRecords`) durable, as one frame: all or none.
   *
   * @throws StoreError DISK_FULL, DISK_FAILED; after that, always
   */
  append(bodies: readonly Uint8Array[]): void {
    const bodyBytes = bodies.reduce((sum, body) => sum + body.length, 0);
    if (bodyBytes === 0) return;
    this.#guarded('writing the log', () => {
      const frameBytes = frameBytesFor(bodyBytes);
      if (this.#end + frameBytes > this.#active.bytes) this.#roll(frameBytes);
      const frame = this.#frame(bodies, frameBytes);
      const { file } = this.#active;
      file.write(frame, this.#end);
      file.sync();
      this.#end += frameBytes;
      this.#nextFrame += 1;
    });
  }

  /** Whether the next segment may not be ready in time unless `maintain` is called soon. */
  get isBehind(): boolean {
    return !this.#spare.isReady && this.#spare.filledBytes < 2 * this.#end;
  }

  /**
   * One short step of what can wait: puts one segment that is no longer needed aside, or goes on
   * making the next one. Whether there was something to do.
   */
  maintain(): boolean {
    return this.#guarded('preparing the log', () => this.#retire() || this.#spare.step());
  }

  close(): void {
    for (const segment of this.#segments) segment.file.close();
    this.#segments = [];
    this.#spare.close();
    this.#failure ??= new StoreError('CLOSED', 'the log is closed');
  }

  get #active(): Segment {
    return present(this.#segments.at(-1), 'an open log has a segment');
  }

  #resume(recovered: RecoveredLog): LogContents {
    this.#segments = [...recovered.segments];
    this.#tail = recovered.tail;
    this.#nextFrame = recovered.nextFrame;
    this.#end = recovered.end;
    const { file, bytes } = this.#active;
    // The last frame may never have reached the disk, though it can be read: its fdatasync may not
    // have begun, or have failed and left the pages marked clean. So it is written once more.
    const frame = lastFrameBytes(recovered);
    if (frame !== undefined && recovered.lastFrameAt !== undefined) file.write(frame, recovered.lastFrameAt);
    // No part of a torn frame may ever be completed by a later write to the same place.
    if (recovered.end < bytes) file.write(new Uint8Array(SECTOR_BYTES), recovered.end);
    file.sync();
    this.#options.fileSystem.syncDirectory(this.#options.directory);
    return recovered.contents;
  }

  /** Builds the frame, and follows its records. */
  #frame(bodies: readonly Uint8Array[], frameBytes: number): Uint8Array {
    const lastIndexBefore = this.#tail.lastIndex;
    const frame =
      frameBytes <= this.#scratch.length ? this.#scratch.subarray(0, frameBytes) : new Uint8Array(frameBytes);
    let at = FRAME_HEADER_BYTES;
    for (const body of bodies) {
      this.#follow(body);
      frame.set(body, at);
      at += body.length;
    }
    frame.fill(0, at);
    sealFrame(frame, {
      salt: this.#active.header.salt,
      sequence: this.#nextFrame,
      lastIndexBefore,
      lastIndexAfter: this.#tail.lastIndex,
    });
    return frame;
  }

  #follow(body: Uint8Array): void {
    for (const record of decodeRecords(body)) {
      const problem = this.#tail.problem(record);
      assert(problem === undefined, `the log can take ${describeRecord(record)}: ${problem}`);
      this.#tail.apply(record);
    }
  }

  /** Begins a new segment with room for a frame of that length. */
  #roll(frameBytes: number): void {
    const { directory, fileSystem, drawSalt } = this.#options;
    const blank = this.#spare.take(SEGMENT_HEADER_BYTES + frameBytes);
    const { hardState, lastIndex, compactedTo } = this.#tail;
    const header = {
      sequence: (this.#segments.at(-1)?.header.sequence ?? 0) + 1,
      salt: drawSalt(),
      firstFrame: this.#nextFrame,
      hardState,
      previous: {
        index: lastIndex,
        term: present(this.#tail.termAt(lastIndex), 'the term of the last entry is known'),
      },
      compactedTo,
    };
    const path = `${directory}/${segmentName(header.sequence)}`;
    // The header is durable before the file has its name: a segment without a sound one is damaged.
    blank.file.write(encodeSegmentHeader(header), 0);
    blank.file.sync();
    fileSystem.rename(blank.path, path);
    fileSystem.syncDirectory(directory);
    this.#segments.push({ path, header, file: blank.file, bytes: blank.bytes });
    this.#end = SEGMENT_HEADER_BYTES;
  }

  /**
   * Lets go of the eldest segment, if the next one began when everything before it was compacted.
   * One at a time, so that a power cut cannot leave a gap.
   */
  #retire(): boolean {
    const [eldest, next] = this.#segments;
    if (eldest === undefined || next === undefined) return false;
    if (next.header.previous.index > this.#tail.compactedTo) return false;
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
