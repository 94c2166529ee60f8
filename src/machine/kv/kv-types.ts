/** What the machine `kv` takes, answers and tells; keys are binary strings, one character per byte. */

/** How a key stands. */
export interface KvRecord {
  readonly value: Uint8Array;
  /** Of the store when the key was made. */
  readonly createRevision: number;
  /** Of the store when the key was last put. */
  readonly modRevision: number;
  /** How often the key was put since it was made; 1 for a new key. */
  readonly version: number;
}

export interface KvEntry extends KvRecord {
  readonly key: string;
}

/** What must hold for a change to happen: all that is given. */
export interface KvExpectation {
  /** 0: the key does not exist. */
  readonly modRevision?: number;
  /** 0: the key does not exist. */
  readonly version?: number;
  /** The key exists and holds these bytes. */
  readonly value?: Uint8Array;
}

export interface KvPut {
  readonly kind: 'put';
  readonly key: string;
  readonly value: Uint8Array;
  readonly expect?: KvExpectation;
  /** Answer with what the key held before. */
  readonly previous?: boolean;
}

/** A put with a condition that must be given. */
export interface KvCompareAndSet {
  readonly kind: 'compare-and-set';
  readonly key: string;
  readonly value: Uint8Array;
  readonly expect: KvExpectation;
  readonly previous?: boolean;
}

export interface KvDelete {
  readonly kind: 'delete';
  readonly key: string;
  readonly expect?: KvExpectation;
  readonly previous?: boolean;
}

/** All keys from `from` on and before `to`, if it is given; DELETE_RANGE_MAX of them at most. */
export interface KvDeleteRange {
  readonly kind: 'delete-range';
  readonly from: string;
  readonly to?: string;
}

/** All keys that begin with the prefix; DELETE_RANGE_MAX of them at most. */
export interface KvDeletePrefix {
  readonly kind: 'delete-prefix';
  readonly prefix: string;
}

export type KvCommand = KvPut | KvCompareAndSet | KvDelete | KvDeleteRange | KvDeletePrefix;

export type KvResult =
  | {
      readonly kind: 'put';
      /** The key's mod revision from now on. */
      readonly revision: number;
      readonly createRevision: number;
      readonly version: number;
      /** Only if asked for, and if there was one. */
      readonly previous?: KvRecord;
    }
  | {
      readonly kind: 'delete';
      readonly deleted: 0 | 1;
      readonly previous?: KvRecord;
    }
  | {
      readonly kind: 'delete-range';
      readonly deleted: number;
      /** There are more such keys: send the command again. */
      readonly more: boolean;
    }
  /** Nothing was changed: this is how the key stands, if it exists. */
  | { readonly kind: 'condition-failed'; readonly current?: KvRecord };

export interface KvGet {
  readonly kind: 'get';
  readonly key: string;
}

/** Either from `from` on, before `to` if it is given; or all keys that begin with `prefix`. */
export interface KvRange {
  readonly kind: 'range';
  readonly from: string;
  readonly to?: string;
  readonly limit: number;
  readonly reverse: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
}

/** A query as its machine has parsed it: a prefix has become a range, and what was left out is there. */
export type KvQuery = KvGet | KvRange;

/** A query as a client puts it. */
export type KvQueryRequest =
  | KvGet
  | {
      readonly kind: 'range';
      /** Instead of `from` and `to`; the empty one means all keys. */
      readonly prefix?: string;
      readonly from?: string;
      readonly to?: string;
      /** 1 to RANGE_LIMIT_MAX, which is the default. */
      readonly limit?: number;
      /** From the end to the start. */
      readonly reverse?: boolean;
      /** Leave the values out. */
      readonly keysOnly?: boolean;
      /** Leave all entries out; count up to COUNT_LIMIT_MAX. */
      readonly countOnly?: boolean;
    };

export type KvAnswer =
  | { readonly kind: 'get'; readonly entry?: KvEntry }
  | {
      readonly kind: 'range';
      /** In order; with an empty value each if only keys were asked for. */
      readonly entries: readonly KvEntry[];
      /** Of the entries; or of the keys counted. */
      readonly count: number;
      /** There are more behind: ask again from behind the last key (or, in reverse, up to it). */
      readonly more: boolean;
    };

/** The value of a `put` event; the event's key is the key. */
export type KvPutEvent = KvRecord;

/** The value of a `delete` event. */
export interface KvDeleteEvent {
  /** Of the record that is gone. */
  readonly createRevision: number;
  /** Of the deletion. */
  readonly modRevision: number;
  /** Of the record that is gone. */
  readonly version: number;
}
