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
import { WriteReceiver } from './shared-writes.ts';

const ENTRIES_MESSAGE_BYTES = 1024 * 1024;
/** How often a full disk is tried again: while something waits to be written, and while nothing does. */
const WRITE_RETRY_MS = 100;
const SPARE_RETRY_MS = 1_000;

class LogWorker {
  readonly #port: MessagePort;
  readonly #frameBytesMax: number;
  readonly #log: SegmentedLog;
  readonly #fileTimes: FileTimes = new FileTimes(nodeFileSystem);
  readonly #receiver: WriteReceiver;
  /** What came as messages… */
  readonly #messages: LogRequest[] = [];
  /** …and all that is to be done, in order. */
  #waiting: LogRequest[] = [];
  #lastWrite = 0;
  #phase: 'starting' | 'open' | 'failed' | 'closed' = 'starting';
  #isFull = false;

  constructor(port: MessagePort, data: LogWorkerData) {
    this.#port = port;
    this.#frameBytesMax = data.frameBytesMax;
    this.#receiver = new WriteReceiver(data.memory);
    this.#log = new SegmentedLog({
      directory: data.directory,
      fileSystem: this.#fileTimes.fileSystem,
      segmentBytes: data.segmentBytes,
      usedSegmentsMax: data.usedSegmentsMax,
      drawSalt: () => randomInt(1, SALT_LIMIT - 1),
      create: data.create,
    });
  }

  /** Until it is told to close. Blocks while there is nothing to do: no event wakes this thread. */
  run(): void {
    for (;;) {
      const { asked } = this.#receiver;
      this.#work();
      if (this.#phase === 'closed') return;
      // What was asked meanwhile comes first; then what can wait, one short step at a time.
      if (asked !== this.#receiver.asked || this.#maintain()) continue;
      const wasAsked = this.#receiver.wait(asked, this.#restMs());
      if (!wasAsked) this.#log.tryAgain();
    }
  }

  /** Takes all that has arrived; what is to be written goes into as few frames as possible. */
  #work(): void {
    this.#receive();
    while (this.#waiting.length > 0) {
      try {
        if (!this.#next()) return;
      } catch (error) {
        this.#waiting = this.#waiting.filter(({ kind }) => kind !== 'write');
        this.#fail(error);
      }
      this.#receive();
    }
  }

  #receive(): void {
    for (let at = receiveMessageOnPort(this.#port); at !== undefined; at = receiveMessageOnPort(this.#port)) {
      this.#messages.push(at.message as LogRequest);
    }
    for (let next = this.#take(); next !== undefined; next = this.#take()) this.#waiting.push(next);
  }

  /** The next request. Whatever was asked before a message is in the shared memory once the message is here. */
  #take(): LogRequest | undefined {
    const id = this.#lastWrite + 1;
    const shared = this.#receiver.take(id);
    if (shared !== undefined) {
      this.#lastWrite = id;
      return { kind: 'write', ...shared };
    }
    const message = this.#messages[0];
    if (message?.kind === 'write') {
      if (message.id !== id) return undefined;
      this.#lastWrite = id;
    }
    return this.#messages.shift();
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
    const bodies: Uint8Array[] = [];
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
    this.#receiver.landed(id, times);
    this.#return(bodies);
    if (this.#log.isBehind) this.#log.maintain();
    return true;
  }

  #return(bodies: readonly Uint8Array[]): void {
    const buffers = bodies
      .map(({ buffer }) => buffer)
      .filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer)
      .filter(({ byteLength }) => byteLength >= POOLED_BYTES_MIN);
    if (buffers.length > 0) this.#post({ kind: 'returned', buffers }, buffers);
  }

  /** Nothing of what waits was written. Who wants to close does not wait for room. */
  #giveUp(): false {
    if (!this.#waiting.some(({ kind }) => kind === 'close')) return false;
    throw new StoreError('DISK_FULL', 'the log is closed while the disk has no room for it', {
      outcome: 'unknown',
    });
  }

  #tellFull(): void {
    const { isFull } = this.#log;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#post({ kind: 'full', isFull });
  }

  #open(): void {
    const { hardState, base, entries, damage } = this.#log.open();
    this.#phase = 'open';
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
    this.#post({ kind: 'entries', body }, [body.buffer]);
  }

  #close(): void {
    try {
      this.#log.close();
    } catch (error) {
      this.#fail(error);
    }
    this.#phase = 'closed';
    this.#post({ kind: 'closed' });
    this.#port.close();
    // Nothing is waited for any more.
    this.#waiting = [];
  }

  /** Whether there was something to do. */
  #maintain(): boolean {
    if (this.#phase !== 'open') return false;
    try {
      if (this.#log.maintain()) return true;
      this.#tellFull();
    } catch (error) {
      this.#fail(error);
    }
    return false;
  }

  /** A full disk is tried again. */
  #restMs(): number {
    if (this.#phase !== 'open') return Infinity;
    if (this.#waiting.length > 0) return WRITE_RETRY_MS;
    return this.#log.isFull ? SPARE_RETRY_MS : Infinity;
  }

  #fail(error: unknown): void {
    if (this.#phase === 'failed') return;
    this.#phase = 'failed';
    if (error instanceof StoreError) {
      const { code, outcome, message } = error;
      this.#post({ kind: 'failed', code, outcome, message });
    } else {
      this.#post({ kind: 'broken', message: error instanceof Error ? error.message : String(error) });
    }
  }

  #post(reply: LogReply, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(reply, transfer);
  }
}

const port = present(parentPort ?? undefined, 'the log runs as a worker');
new LogWorker(port, workerData as LogWorkerData).run();
