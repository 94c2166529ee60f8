import { assert } from '../base/assert.ts';
import { StoreError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Entry } from '../raft/entry.ts';
import type { LogWrite } from '../raft/ready.ts';
import { encodeRecords } from '../storage/log/log-records.ts';
import { SegmentedLog } from '../storage/log/segmented-log.ts';
import type { LogContents } from '../storage/log-storage.ts';
import { MemoryDisk } from './memory-disk.ts';

const DIRECTORY = '/log';
/** Of the calls that one write makes, until it is cut off by a crash. */
const CALLS_MAX = 4;
const SALT_LIMIT = 2 ** 31;
const USED_SEGMENTS_MAX = 2;
/** Most of what lies in the files of a small log is never read again. */
const AIMED_CHANCE = 0.7;
const NOTHING: Uint8Array = new Uint8Array();

/** Bytes of a file, from an offset on. */
interface Place {
  readonly path: string;
  readonly from: number;
  readonly bytes: Uint8Array;
}

/** The log's own code, over a disk in memory: what a crash leaves is for that code to make sense of. */
export class RealLog {
  readonly #disk: MemoryDisk;
  readonly #random: Random;
  readonly #segmentBytes: number;
  #log: SegmentedLog | undefined;
  #wasOpened = false;
  /** So many calls reach the disk before one fails. */
  #callsLeft: number = Number.POSITIVE_INFINITY;

  constructor(random: Random, segmentBytes: number, sectorBytes: number) {
    this.#random = random;
    this.#segmentBytes = segmentBytes;
    this.#disk = new MemoryDisk({ sectorBytes, fault: () => (this.#callsLeft-- > 0 ? undefined : 'EIO') });
  }

  /** @throws StoreError LOG_CORRUPT */
  open(): LogContents {
    this.#callsLeft = Number.POSITIVE_INFINITY;
    const log = new SegmentedLog({
      directory: DIRECTORY,
      fileSystem: this.#disk,
      segmentBytes: this.#segmentBytes,
      usedSegmentsMax: USED_SEGMENTS_MAX,
      drawSalt: () => this.#random.integer(0, SALT_LIMIT - 1),
      create: !this.#wasOpened,
    });
    const contents = log.open();
    this.#wasOpened = true;
    this.#log = log;
    return contents;
  }

  /** Makes one write durable. @throws StoreError DISK_FAILED; after that, always */
  append(write: LogWrite): void {
    const log = this.#log;
    assert(log !== undefined, 'an open log is written to');
    assert(log.append([encodeRecords(write)]) === 'written', 'the disk has room');
    log.seal();
    log.maintain();
  }

  /** One of the next calls fails, and what was written by then may be there or not. */
  failSoon(): void {
    this.#callsLeft = this.#random.integer(0, CALLS_MAX);
  }

  heal(): void {
    this.#callsLeft = Number.POSITIVE_INFINITY;
  }

  /** The process dies while these writes are on their way; with the power, also what the system held for the disk is gone. */
  crash(pending: readonly LogWrite[], { power }: { readonly power: boolean }): void {
    const whole = this.#random.integer(0, pending.length);
    try {
      for (const write of pending.slice(0, whole)) this.append(write);
      this.failSoon();
      for (const write of pending.slice(whole)) this.append(write);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    this.#log = undefined;
    this.#callsLeft = Number.POSITIVE_INFINITY;
    if (power) this.#disk.crash(this.#random);
  }

  /**
   * Turns one bit over in some file of a log that is not open, most often in one of the entries that
   * are needed. Whether there is any.
   */
  rot(needed: readonly Entry[]): boolean {
    const paths = this.#wasOpened ? this.#disk.list(DIRECTORY).map((name) => `${DIRECTORY}/${name}`) : [];
    const places = paths.map((path) => ({ path, from: 0, bytes: this.#disk.contents(path) }));
    const aimed = this.#random.chance(AIMED_CHANCE) ? this.#placesOf(needed, places) : [];
    const possible = (aimed.length > 0 ? aimed : places).filter(({ bytes }) => bytes.length > 0);
    if (possible.length === 0) return false;
    const { path, from, bytes } = this.#random.pick(possible);
    this.#disk.flipBit(path, 8 * from + this.#random.integer(0, 8 * bytes.length - 1));
    return true;
  }

  #placesOf(needed: readonly Entry[], files: readonly Place[]): readonly Place[] {
    const { data } = needed.length > 0 ? this.#random.pick(needed) : { data: NOTHING };
    if (data.length === 0) return [];
    return files.flatMap(({ path, bytes }) => {
      const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(data);
      return from < 0 ? [] : [{ path, from, bytes: data }];
    });
  }
}
