import { Worker } from 'node:worker_threads';
import { BufferPool } from '../../base/buffer-pool.ts';
import { assert, InvariantError, unreachable } from '../../base/assert.ts';
import { StoreError } from '../../base/errors.ts';
import type { Entry } from '../../raft/entry.ts';
import type { LogWrite } from '../../raft/ready.ts';
import { acquireDirectoryLock } from '../directory-lock.ts';
import type { DirectoryLock } from '../directory-lock.ts';
import type { LogContents, LogStorage } from '../log-storage.ts';
import { builtModule } from '../built-module.ts';
import type { LogReply, LogRequest, LogWorkerData, LogWriteTimes } from './log-messages.ts';
import { decodeRecords, encodeRecords, fillRecords, recordsBytes, recordsChecksum } from './log-records.ts';
import { WriteSender } from './shared-writes.ts';

export interface LogStoreOptions {
  /** Of the log alone. */
  readonly directory: string;
  /** Length of one file of the log; 16 MiB unless told. */
  readonly segmentBytes?: number;
  /** So many files that are no longer needed are kept, to be used again; 8 unless told. */
  readonly usedSegmentsMax?: number;
  /** Writes that wait together are made one frame up to this length; 8 MiB unless told. */
  readonly frameBytesMax?: number;
  /**
   * Whether a directory without a log gets a new one. False for a node that has had one: its loss is
   * the error AMNESIA. True unless told.
   */
  readonly create?: boolean;
  /** Told how long each frame took, before what is in it settles. */
  readonly onWritten?: (times: LogWriteTimes) => void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const SEGMENT_BYTES = 16 * 1024 * 1024;
const USED_SEGMENTS_MAX = 8;
const POOL_BYTES_MAX = 16 * 1024 * 1024;
const FRAME_BYTES_MAX = 8 * 1024 * 1024;

/**
 * The log on its own thread: see `SegmentedLog` for what it does there.
 *
 * After a failure every write is rejected with the same error, those that wait included; what became
 * of them is unknown until the log is opened again. The node must stop.
 */
export class LogStore implements LogStorage {
  readonly #directory: string;
  readonly #data: LogWorkerData;
  readonly #onWritten: (times: LogWriteTimes) => void;
  readonly #writes: Waiting[] = [];
  readonly #sender: WriteSender = new WriteSender();
  /** For the records of large writes, which goes to the log's thread and comes back. */
  readonly #pool: BufferPool = new BufferPool(POOL_BYTES_MAX);
  #lock: DirectoryLock | undefined;
  #worker: Worker | undefined;
  #firstWrite = 1;
  #opening:
    | { readonly resolve: (contents: LogContents) => void; readonly reject: (error: Error) => void }
    | undefined;
  #entries: Entry[] = [];
  #closing: (() => void) | undefined;
  #failure: Error | undefined;
  #isFull = false;

  constructor(options: LogStoreOptions) {
    this.#directory = options.directory;
    this.#onWritten = options.onWritten ?? (() => undefined);
    this.#data = {
      directory: options.directory,
      segmentBytes: options.segmentBytes ?? SEGMENT_BYTES,
      usedSegmentsMax: options.usedSegmentsMax ?? USED_SEGMENTS_MAX,
      frameBytesMax: options.frameBytesMax ?? FRAME_BYTES_MAX,
      create: options.create ?? true,
      memory: this.#sender.memory,
    };
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** @throws StoreError LOG_CORRUPT, AMNESIA, DIRECTORY_LOCKED, DIRECTORY_MISMATCH, DISK_FULL, DISK_FAILED */
  async open(): Promise<LogContents> {
    assert(this.#lock === undefined && this.#failure === undefined, 'a log is opened once');
    this.#lock = await acquireDirectoryLock(this.#directory);
    const opened = new Promise<LogContents>((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    const worker = new Worker(builtModule(import.meta.url, './log-worker.ts'), { workerData: this.#data });
    this.#worker = worker;
    worker.on('message', (reply: LogReply) => this.#onReply(reply));
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#fail(new StoreError('DISK_FAILED', `the thread of the log in ${this.#directory} ended`));
      this.#closing?.();
    });
    this.#post({ kind: 'open' });
    try {
      return await opened;
    } catch (error) {
      // What went wrong first is what the caller must know.
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  write(write: LogWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      assert(this.#worker !== undefined && this.#opening === undefined, 'the log is open');
      const id = this.#firstWrite + this.#writes.length;
      this.#writes.push({ resolve, reject });
      this.#hand(id, write);
      this.#listen();
    });
  }

  /** Waits for the writes that were begun. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined) {
      await new Promise<void>((resolve) => {
        this.#closing = resolve;
        this.#post({ kind: 'close' });
      });
      this.#fail(new StoreError('CLOSED', 'the log is closed'));
      this.#sender.close();
      await worker.terminate();
    }
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /** Encoded here: an entry's data is a view, and would take all the memory behind it along. */
  #hand(id: number, write: LogWrite): void {
    const room = this.#sender.room(recordsBytes(write));
    if (room !== undefined) {
      fillRecords(write, room);
      return this.#sender.send(id, room, recordsChecksum(room, write.entries));
    }
    const body = encodeRecords(write, this.#pool.take);
    const crc = recordsChecksum(body, write.entries);
    this.#post({ kind: 'write', id, body, crc }, [body.buffer]);
  }

  #post(request: LogRequest, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(request, transfer);
    this.#sender.tell();
  }

  #listen(): void {
    if (this.#writes.length > 0) this.#sender.listen(() => this.#takeLanded());
  }

  #takeLanded(): void {
    for (const times of this.#sender.takeTimes()) this.#onWritten(times);
    const landed = this.#writes.splice(0, this.#sender.landed + 1 - this.#firstWrite);
    this.#firstWrite += landed.length;
    for (const { resolve } of landed) resolve();
    this.#listen();
  }

  #onReply(reply: LogReply): void {
    // What is told came after what has landed by now.
    this.#takeLanded();
    switch (reply.kind) {
      case 'entries':
        this.#takeEntries(reply.body);
        return;
      case 'opened':
        this.#opening?.resolve(this.#contents(reply));
        this.#opening = undefined;
        this.#entries = [];
        return;
      case 'returned':
        for (const buffer of reply.buffers) this.#pool.give(buffer);
        return;
      case 'full':
        this.#isFull = reply.isFull;
        return;
      case 'failed':
        this.#fail(new StoreError(reply.code, reply.message, { outcome: reply.outcome }));
        return;
      case 'broken':
        this.#fail(new InvariantError(reply.message));
        return;
      case 'closed':
        this.#closing?.();
        return;
      default:
        unreachable(reply);
    }
  }

  #contents({ hardState, base, damage }: Extract<LogReply, { kind: 'opened' }>): LogContents {
    if (damage === undefined) return { hardState, base, entries: this.#entries };
    const count = damage.first - base.index - 1;
    const beyond = this.#entries.slice(count);
    return { hardState, base, entries: this.#entries.slice(0, count), damage: { ...damage, beyond } };
  }

  #takeEntries(body: Uint8Array): void {
    for (const record of decodeRecords(body)) {
      assert(record.kind === 'entry', 'an opened log hands over entries');
      this.#entries.push({ ...record.entry, data: record.entry.data.slice() });
    }
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#opening?.reject(error);
    this.#opening = undefined;
    for (const { reject } of this.#writes.splice(0)) reject(error);
  }
}
