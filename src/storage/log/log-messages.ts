import type { ErrorCode, Outcome } from '../../base/errors.ts';
import type { HardState, Position } from '../../raft/entry.ts';
import type { LogDamage } from '../log-storage.ts';

/** What the log's worker is started with. */
export interface LogWorkerData {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly usedSegmentsMax: number;
  readonly frameBytesMax: number;
  readonly create: boolean;
  /** See `WriteSender`. */
  readonly memory: SharedArrayBuffer;
}

/** Of one frame of the log. */
export interface LogWriteTimes {
  /** Until the system had it… */
  readonly writeMs: number;
  /** …and until it was on stable storage. */
  readonly syncMs: number;
}

/** To the worker. */
export type LogRequest =
  | { readonly kind: 'open' }
  /**
   * One that has no room in the memory that is shared. `body` is what `encodeRecords` made; its memory goes
   * along. `crc` is its checksum, if that is known already.
   */
  | {
      readonly kind: 'write';
      readonly id: number;
      readonly body: Uint8Array;
      readonly crc: number | undefined;
    }
  | { readonly kind: 'close' };

/** From the worker. */
export type LogReply =
  /** Some entries, as records, in order; all of them come before `opened`, those beyond a gap last. */
  | { readonly kind: 'entries'; readonly body: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: 'opened';
      readonly hardState: HardState;
      readonly base: Position;
      readonly damage: Omit<LogDamage, 'beyond'> | undefined;
    }
  /** The memory of large writes comes back. */
  | { readonly kind: 'returned'; readonly buffers: readonly ArrayBuffer[] }
  /** The disk has no room: what is to be written waits, or waits no longer. */
  | { readonly kind: 'full'; readonly isFull: boolean }
  /** Nothing more will be written. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly outcome: Outcome; readonly message: string }
  /** A bug of ours; nothing more will be written. */
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'closed' };
