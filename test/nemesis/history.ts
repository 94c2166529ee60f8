/** What the clients did and saw, as one line of JSON per call. */
import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { once } from 'node:events';
import { StoreError } from '../../src/base/errors.ts';

export interface Operation {
  readonly workload: string;
  readonly client: string;
  readonly op: string;
  readonly key: string;
  readonly value?: unknown;
  readonly expect?: unknown;
  /** Of a read: with which consistency, and from whom. */
  readonly how?: string;
  /** Of a stale read: how old the answer may be; undefined for any age. */
  readonly maxStaleMs?: number | undefined;
  /** What was answered. */
  readonly output?: unknown;
  /** On one clock for all clients. */
  readonly callNs: number;
  readonly returnNs: number;
  /** `fail`: it certainly took no effect. `unknown`: it may have, or may yet. */
  readonly outcome: 'ok' | 'fail' | 'unknown';
  /** Of the log entry that took effect, or that the answer reflects. */
  readonly index?: number;
  /** Of the store, with the answer. */
  readonly revision?: number;
  readonly error?: string;
}

/** Operations that change nothing. */
export const READS: ReadonlySet<string> = new Set(['get', 'stale', 'list', 'lookup']);

/** What a call means to do. */
export type Intent = Pick<Operation, 'op' | 'key' | 'value' | 'expect' | 'how' | 'maxStaleMs'> & {
  /** It changes nothing: without an answer it had no effect. */
  readonly reads?: boolean;
};

/** What an answer says. */
export type Answer = Pick<Operation, 'output' | 'index' | 'revision'>;

const REFUSED: Answer & { readonly refused: true } = { refused: true };

/** To be returned for an answer that says that nothing was changed. */
export function refused(): typeof REFUSED {
  return REFUSED;
}

export class Recorder {
  readonly operations: Operation[] = [];
  readonly #file: WriteStream;

  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  /** Makes one call and writes down what came of it. */
  async call(
    workload: string,
    client: string,
    { reads = false, ...intent }: Intent,
    act: () => Promise<Answer | typeof REFUSED>,
  ): Promise<Operation> {
    const callNs = nowNs();
    const base = { workload, client, ...intent };
    try {
      const answer = await act();
      if ('refused' in answer) return this.#add({ ...base, callNs, returnNs: nowNs(), outcome: 'fail' });
      return this.#add({ ...base, ...answer, callNs, returnNs: nowNs(), outcome: 'ok' });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const outcome = reads || error.outcome === 'not-applied' ? 'fail' : 'unknown';
      return this.#add({ ...base, callNs, returnNs: nowNs(), outcome, error: error.code });
    }
  }

  async close(): Promise<void> {
    this.#file.end();
    await once(this.#file, 'close');
  }

  #add(operation: Operation): Operation {
    this.operations.push(operation);
    this.#file.write(`${JSON.stringify(operation)}\n`);
    return operation;
  }
}

export function nowNs(): number {
  return Math.round(performance.now() * 1e6);
}
