import type { ErrorData } from '../error-data.ts';
import type { StateBlock } from './state-block.ts';
import type { StateReading } from './state-reader.ts';

/** What the thread that reads a state is started with. */
export interface StateWorkerData {
  /** Of a LevelDB database that this process has opened, in the very same words. */
  readonly directory: string;
}

/** From the thread. Back to it go the records of each block, to be used again. */
export type StateReply =
  /** Its memory goes along. */
  | { readonly kind: 'block'; readonly block: StateBlock }
  /** All of it was read, and the database is left to itself. */
  | { readonly kind: 'read'; readonly reading: StateReading }
  | { readonly kind: 'failed'; readonly error: ErrorData };
