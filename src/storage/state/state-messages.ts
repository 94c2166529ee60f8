import type { ErrorData } from '../error-data.ts';
import type { StateBlock } from './state-block.ts';
import type { LargePlaces } from './state-reader.ts';

/** What the thread that reads a state is started with. */
export interface StateWorkerData {
  /** Of a LevelDB database that this process has opened, in the very same words. */
  readonly directory: string;
  /** Of the present round. */
  readonly firstBlock: number;
}

/** From the thread. Back to it go the records of each block, to be used again. */
export type StateReply =
  /** Its memory goes along. */
  | { readonly kind: 'block'; readonly block: StateBlock }
  /** All of it was read, and the database is left to itself. */
  | { readonly kind: 'read'; readonly large: LargePlaces }
  | { readonly kind: 'failed'; readonly error: ErrorData };
