import { unreachable } from '../base/assert.ts';
import { StoreError } from '../base/errors.ts';
import type { Index, Revision } from '../base/flavor.ts';
import type {
  KvAnswer,
  KvCommand,
  KvExpectation,
  KvQueryRequest,
  KvRecord,
  KvResult,
} from '../machine/kv/kv-types.ts';
import { prefixEnd } from '../machine/records.ts';
import type { Bytes } from './bytes.ts';
import { fromBinary, toBinary, toKey, toValue } from './bytes.ts';
import type { Reply } from './call.ts';
import type { Courier } from './courier.ts';
import { KeyValue } from './key-value.ts';
import type { CallOptions, ReadOptions } from './options.ts';

const MACHINE = 'kv';

/** Where in the order of everything a reply stands. */
export interface Placed {
  /** Of the store. */
  readonly revision: Revision;
  /** Of the log entry that took effect, or that the answer reflects. */
  readonly index: Index;
}

/** What a read reflects. */
export interface Read extends Placed {
  /** It sees everything that was acknowledged so many ms before it was asked; undefined: nobody knows. */
  readonly staleMs: number | undefined;
}

export interface PutOptions extends CallOptions {
  /** Answer with what the key held before. */
  readonly previous?: boolean;
}

export interface PutResult extends Placed {
  readonly kind: 'put';
  readonly createRevision: Revision;
  /** 1 for a new key. */
  readonly version: number;
  /** Only if asked for, and if there was one. */
  readonly previous: KeyValue | undefined;
}

export interface DeleteResult extends Placed {
  readonly kind: 'deleted';
  /** False if there was no such key. */
  readonly existed: boolean;
  readonly previous: KeyValue | undefined;
}

/** What must hold for a change to happen: all that is given. A revision or version of 0: there is no such key. */
export interface Expectation {
  readonly modRevision?: Revision;
  readonly version?: number;
  readonly value?: Bytes;
}

/** Nothing was changed. */
export interface ConditionFailed extends Placed {
  readonly kind: 'condition-failed';
  /** How the key stands instead; undefined if there is none. */
  readonly current: KeyValue | undefined;
}

/** Which keys: those with a prefix (the empty one means all), or from one up to, not including, another. */
export type KeyRange = { readonly prefix: Bytes } | { readonly from: Bytes; readonly to?: Bytes };

export interface RangeOptions extends ReadOptions {
  /** Of one page; at most 10,000, which is the default. */
  readonly limit?: number;
  /** From the end to the start. */
  readonly reverse?: boolean;
  /** Leave the values out. */
  readonly keysOnly?: boolean;
}

export interface Page extends Read {
  readonly entries: readonly KeyValue[];
  /** Where the next page is; undefined after the last one. */
  readonly next: KeyRange | undefined;
}

/** The keys and values of the cluster. Keys and values are bytes; text stands for its UTF-8. */
export class KvClient {
  readonly #courier: Courier;

  constructor(courier: Courier) {
    this.#courier = courier;
  }

  /**
   * Sets a key, and settles when a majority of the nodes has it on stable storage. A value given as
   * bytes must not change before that.
   */
  put(key: Bytes, value: Bytes, options: PutOptions = {}): Promise<PutResult> {
    return this.#command(
      options,
      () => putCommand(key, value, options),
      (reply) => asPut(key, reply),
    );
  }

  /** Sets a key if it stands as expected. */
  compareAndSet(
    key: Bytes,
    expect: Expectation,
    value: Bytes,
    options: PutOptions = {},
  ): Promise<PutResult | ConditionFailed> {
    const command = (): KvCommand => ({ ...putCommand(key, value, options), expect: toExpectation(expect) });
    return this.#command(options, command, (reply) => asFailed(key, reply) ?? asPut(key, reply));
  }

  delete(key: Bytes, options: PutOptions = {}): Promise<DeleteResult> {
    return this.#command(
      options,
      () => deleteCommand(key, options),
      (reply) => asDeleted(key, reply),
    );
  }

  /** Deletes a key if it stands as expected. */
  compareAndDelete(
    key: Bytes,
    expect: Expectation,
    options: PutOptions = {},
  ): Promise<DeleteResult | ConditionFailed> {
    const command = (): KvCommand => ({ ...deleteCommand(key, options), expect: toExpectation(expect) });
    return this.#command(options, command, (reply) => asFailed(key, reply) ?? asDeleted(key, reply));
  }

  /** Deletes every key with the prefix, in as many commands as it takes; the deadline is that of each. */
  async deletePrefix(prefix: Bytes, options: CallOptions = {}): Promise<{ readonly deleted: number }> {
    const command: KvCommand = { kind: 'delete-prefix', prefix: toBinary(prefix) };
    let deleted = 0;
    for (let more = true; more;) {
      const result = await this.#command(
        options,
        () => command,
        (reply) => reply.result as KvResult,
      );
      if (result.kind !== 'delete-range') throw unexpected(result.kind);
      deleted += result.deleted;
      more = result.more;
    }
    return { deleted };
  }

  /** How the key stands; undefined if there is none. */
  get(key: Bytes, options: ReadOptions = {}): Promise<KeyValue | undefined> {
    return this.#query(
      options,
      () => getQuery(key),
      (reply) => asEntry(reply),
    );
  }

  /** Like `get`, with the revision of the store at which that holds, and how old it may be. */
  read(key: Bytes, options: ReadOptions = {}): Promise<Read & { readonly entry: KeyValue | undefined }> {
    return this.#query(
      options,
      () => getQuery(key),
      (reply) => ({
        entry: asEntry(reply),
        revision: reply.revision,
        index: reply.index,
        staleMs: reply.staleMs,
      }),
    );
  }

  /** One page of keys in order. */
  range(range: KeyRange, options: RangeOptions = {}): Promise<Page> {
    return this.#query(
      options,
      () => rangeQuery(range, options),
      (reply) => asPage(range, options, reply),
    );
  }

  /**
   * Every key of the range in order, page after page. Each page is read on its own: changes between
   * two pages are seen. `limit` is that of a page.
   */
  async *scan(range: KeyRange, options: RangeOptions = {}): AsyncGenerator<KeyValue, void, undefined> {
    let next: KeyRange | undefined = range;
    while (next !== undefined) {
      const page: Page = await this.range(next, options);
      yield* page.entries;
      next = page.next;
    }
  }

  /** How many keys there are, up to a million. */
  count(range: KeyRange, options: ReadOptions = {}): Promise<number> {
    const query = (): KvQueryRequest => ({ kind: 'range', ...toBounds(range), countOnly: true });
    return this.#query(options, query, (reply) => asRange(reply).count);
  }

  #command<T>(options: CallOptions, command: () => KvCommand, shape: (reply: Reply) => T): Promise<T> {
    try {
      return this.#courier.command(MACHINE, command(), options, shape);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #query<T>(options: ReadOptions, query: () => KvQueryRequest, shape: (reply: Reply) => T): Promise<T> {
    try {
      return this.#courier.query(MACHINE, query(), options, shape);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

function putCommand(key: Bytes, value: Bytes, { previous }: PutOptions): KvCommand & { kind: 'put' } {
  const command = { kind: 'put', key: toKey(key), value: toValue(value) } as const;
  return previous === true ? { ...command, previous } : command;
}

function deleteCommand(key: Bytes, { previous }: PutOptions): KvCommand & { kind: 'delete' } {
  const command = { kind: 'delete', key: toKey(key) } as const;
  return previous === true ? { ...command, previous } : command;
}

function getQuery(key: Bytes): KvQueryRequest {
  return { kind: 'get', key: toKey(key) };
}

function rangeQuery(range: KeyRange, { limit, reverse, keysOnly }: RangeOptions): KvQueryRequest {
  return {
    kind: 'range',
    ...toBounds(range),
    ...(limit === undefined ? {} : { limit }),
    ...(reverse === true ? { reverse } : {}),
    ...(keysOnly === true ? { keysOnly } : {}),
  };
}

type Bounds = { readonly prefix: string } | { readonly from: string; readonly to?: string };

function toBounds(range: KeyRange): Bounds {
  if ('prefix' in range) return { prefix: toBinary(range.prefix) };
  const from = toBinary(range.from);
  return range.to === undefined ? { from } : { from, to: toBinary(range.to) };
}

function toExpectation({ value, ...numbers }: Expectation): KvExpectation {
  return value === undefined ? numbers : { ...numbers, value: toValue(value) };
}

function asPut(key: Bytes, { result, index }: Reply): PutResult {
  const put = result as KvResult;
  if (put.kind !== 'put') throw unexpected(put.kind);
  const { revision, createRevision, version } = put;
  return { kind: 'put', revision, index, createRevision, version, previous: asKeyValue(key, put.previous) };
}

function asDeleted(key: Bytes, { result, revision, index }: Reply): DeleteResult {
  const answer = result as KvResult;
  if (answer.kind !== 'delete') throw unexpected(answer.kind);
  const previous = asKeyValue(key, answer.previous);
  return { kind: 'deleted', revision, index, existed: answer.deleted === 1, previous };
}

function asFailed(key: Bytes, { result, revision, index }: Reply): ConditionFailed | undefined {
  const answer = result as KvResult;
  if (answer.kind !== 'condition-failed') return undefined;
  return { kind: 'condition-failed', revision, index, current: asKeyValue(key, answer.current) };
}

function asKeyValue(key: Bytes, record: KvRecord | undefined): KeyValue | undefined {
  return record === undefined ? undefined : new KeyValue(toBinary(key), record);
}

function asEntry({ result }: Reply): KeyValue | undefined {
  const answer = result as KvAnswer;
  if (answer.kind !== 'get') throw unexpected(answer.kind);
  return answer.entry === undefined ? undefined : KeyValue.of(answer.entry);
}

function asRange({ result }: Reply): KvAnswer & { readonly kind: 'range' } {
  const answer = result as KvAnswer;
  switch (answer.kind) {
    case 'range':
      return answer;
    case 'get':
      throw unexpected(answer.kind);
    default:
      return unreachable(answer);
  }
}

function asPage(range: KeyRange, { reverse }: RangeOptions, reply: Reply): Page {
  const { entries, more } = asRange(reply);
  const { revision, index, staleMs } = reply;
  const last = more ? entries.at(-1)?.key : undefined;
  const next = last === undefined ? undefined : restOf(range, last, reverse === true);
  return { entries: entries.map(KeyValue.of), revision, index, staleMs, next };
}

/** What is left of a range behind the last key that was read. */
function restOf(range: KeyRange, last: string, reverse: boolean): KeyRange {
  const bounds = toBounds(range);
  const [from, to] =
    'prefix' in bounds ? [bounds.prefix, prefixEnd(bounds.prefix)] : [bounds.from, bounds.to];
  if (reverse) return { from: fromBinary(from), to: fromBinary(last) };
  // The first key behind another one is that key and a zero byte.
  const next = fromBinary(`${last}\0`);
  return to === undefined ? { from: next } : { from: next, to: fromBinary(to) };
}

function unexpected(kind: string): StoreError {
  return new StoreError('PROTOCOL_VIOLATION', `the cluster answered with ${JSON.stringify(kind)}`);
}
