/** The thread that the log has for itself: neither the state's disk nor password hashes can delay it. */
import { randomInt } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { present } from '../../base/assert.ts';
import { StoreError } from '../../base/errors.ts';
import type { Entry } from '../../raft/entry.ts';
import { FileTimes } from './file-times.ts';
import type { LogReply, LogRequest, LogWorkerData } from './log-messages.ts';
import { encodeRecords } from './log-records.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { POOLED_BYTES_MIN } from '../../base/buffer-pool.ts';
import { SALT_LIMIT } from './segment-header.ts';
import { SegmentedLog } from './segmented-log.ts';

const ENTRIES_MESSAGE_BYTES = 1024 * 1024;
/** How often a full disk is tried again: while something waits to be written, and while nothing does. */
const WRITE_RETRY_MS = 100;
const SPARE_RETRY_MS = 1_000;

class LogWorker {
  readonly #port: MessagePort;
  readonly #frameBytesMax: number;
  readonly #log: SegmentedLog;
  readonly #fileTimes: FileTimes = new FileTimes(nodeFileSystem);
  #waiting: LogRequest[] = [];
  #failed = false;
  #isFull = false;
  #retry: NodeJS.Timeout | undefined;
  #maintenance: NodeJS.Immediate | undefined;

  constructor(port: MessagePort, data: LogWorkerData) {
    this.#port = port;
    this.#frameBytesMax = data.frameBytesMax;
    this.#log = new SegmentedLog({
      directory: data.directory,
      fileSystem: this.#fileTimes.fileSystem,
      segmentBytes: data.segmentBytes,
      usedSegmentsMax: data.usedSegmentsMax,
      drawSalt: () => randomInt(1, SALT_LIMIT - 1),
      create: data.create,
    });
    port.on('message', (request: LogRequest) => {
      this.#waiting.push(request);
      this.#work();
    });
  }

  /** Takes all that has arrived; what is to be written goes into as few frames as possible. */
  #work(): void {
    this.#receive();
    while (this.#waiting.length > 0) {
      try {
        if (!this.#next()) break;
      } catch (error) {
        this.#waiting = this.#waiting.filter(({ kind }) => kind !== 'write');
        this.#fail(error);
      }
      this.#receive();
    }
    this.#maintenance ??= setImmediate(() => this.#maintain());
  }

  #receive(): void {
    for (let at = receiveMessageOnPort(this.#port); at !== undefined; at = receiveMessageOnPort(this.#port)) {
      this.#waiting.push(at.message as LogRequest);
    }
  }

  /** Whether it is done, and the next one may follow. */
  #next(): boolean {
    const request = present(this.#waiting[0], 'a request waits');
    if (request.kind === 'write') return this.#write();
    this.#waiting.shift();
    if (request.kind === 'open') this.#open();
    else this.#close();
    return true;
  }

  #write(): boolean {
    const bodies: Uint8Array<ArrayBuffer>[] = [];
    const checksums: (number | undefined)[] = [];
    let bytes = 0;
    let id = 0;
    for (const request of this.#waiting) {
      if (request.kind !== 'write') break;
      if (bodies.length > 0 && bytes + request.body.length > this.#frameBytesMax) break;
      bodies.push(request.body);
      checksums.push(request.crc);
      bytes += request.body.length;
      id = request.id;
    }
    this.#fileTimes.take();
    const outcome = this.#log.append(bodies, checksums);
    const times = this.#fileTimes.take();
    this.#tellFull();
    if (outcome === 'full') return this.#giveUp();
    this.#waiting.splice(0, bodies.length);
    this.#receive();
    // What comes next proves that this was written; if nothing comes, the seal does.
    if (this.#waiting.length === 0) this.#log.seal();
    const buffers = bodies
      .map(({ buffer }) => buffer)
      .filter(({ byteLength }) => byteLength >= POOLED_BYTES_MIN);
    this.#port.postMessage({ kind: 'written', id, times, buffers } satisfies LogReply, buffers);
    if (this.#log.isBehind) this.#log.maintain();
    return true;
  }

  /** Nothing of what waits was written. Who wants to close does not wait for room. */
  #giveUp(): false {
    if (this.#waiting.some(({ kind }) => kind === 'close')) {
      throw new StoreError('DISK_FULL', 'the log is closed while the disk has no room for it', {
        outcome: 'unknown',
      });
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#work(), WRITE_RETRY_MS);
    return false;
  }

  #tellFull(): void {
    const { isFull } = this.#log;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#post({ kind: 'full', isFull });
  }

  #open(): void {
    const { hardState, base, entries, damage } = this.#log.open();
    this.#postAll(entries);
    if (damage === undefined) return this.#post({ kind: 'opened', hardState, base, damage });
    const { beyond, ...where } = damage;
    this.#postAll(beyond);
    return this.#post({ kind: 'opened', hardState, base, damage: where });
  }

  /** In pieces. */
  #postAll(entries: readonly Entry[]): void {
    let some: Entry[] = [];
    let bytes = 0;
    for (const entry of entries) {
      some.push(entry);
      bytes += entry.data.length;
      if (bytes < ENTRIES_MESSAGE_BYTES) continue;
      this.#postEntries(some);
      some = [];
      bytes = 0;
    }
    this.#postEntries(some);
  }

  #postEntries(entries: readonly Entry[]): void {
    const body = encodeRecords({ id: 0, entries });
    this.#port.postMessage({ kind: 'entries', body } satisfies LogReply, [body.buffer]);
  }

  #close(): void {
    clearImmediate(this.#maintenance);
    clearTimeout(this.#retry);
    this.#failed = true;
    this.#log.close();
    this.#post({ kind: 'closed' });
    this.#port.close();
  }

  /** One step at a time, so that a write never waits for more. */
  #maintain(): void {
    this.#maintenance = undefined;
    if (this.#failed) return;
    try {
      if (this.#log.maintain()) this.#maintenance = setImmediate(() => this.#maintain());
      else this.#rest();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Nothing is left to do but to make a segment, if there was no room for it. */
  #rest(): void {
    this.#tellFull();
    if (!this.#log.isFull) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#log.tryAgain();
      this.#work();
    }, SPARE_RETRY_MS);
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    if (error instanceof StoreError) {
      const { code, outcome, message } = error;
      this.#post({ kind: 'failed', code, outcome, message });
    } else {
      this.#post({ kind: 'broken', message: error instanceof Error ? error.message : String(error) });
    }
  }

  #post(reply: LogReply): void {
    this.#port.postMessage(reply, []);
  }
}

const port = present(parentPort ?? undefined, 'the log runs as a worker');
export const logWorker: LogWorker = new LogWorker(port, workerData as LogWorkerData);
