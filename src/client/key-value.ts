import type { StoreEvent } from '../machine/command.ts';
import type { KvDeleteEvent, KvEntry, KvPutEvent, KvRecord } from '../machine/kv/kv-types.ts';
import { binaryText, bytesText, fromBinary } from './bytes.ts';

/** A key and how it stands. */
export class KeyValue implements KvRecord {
  /** One character per byte. */
  readonly #key: string;
  readonly value: Uint8Array;
  /** Of the store when the key was made. */
  readonly createRevision: number;
  /** Of the store when the key was last put. */
  readonly modRevision: number;
  /** How often the key was put since it was made; 1 for a new key. */
  readonly version: number;

  constructor(binaryKey: string, record: KvRecord) {
    this.#key = binaryKey;
    this.value = record.value;
    this.createRevision = record.createRevision;
    this.modRevision = record.modRevision;
    this.version = record.version;
  }

  static of(entry: KvEntry): KeyValue {
    return new KeyValue(entry.key, entry);
  }

  /** The key as text. */
  get key(): string {
    return binaryText(this.#key);
  }

  get keyBytes(): Uint8Array {
    return fromBinary(this.#key);
  }

  /** The value as UTF-8 text. */
  text(): string {
    return bytesText(this.value);
  }
}

/** A key was put or deleted. */
export class KvEvent {
  readonly kind: 'put' | 'delete';
  /** Events of one command share it. */
  readonly revision: number;
  /** How the key stands since; undefined if it was deleted. */
  readonly entry: KeyValue | undefined;
  readonly #key: string;
  /** How often the key was put since it was made, up to a deletion. */
  readonly version: number;

  constructor(event: StoreEvent) {
    const value = event.value as KvPutEvent | KvDeleteEvent;
    this.kind = event.kind === 'delete' ? 'delete' : 'put';
    this.revision = event.revision;
    this.#key = event.key;
    this.version = value.version;
    this.entry = 'value' in value ? new KeyValue(event.key, value) : undefined;
  }

  /** The key as text. */
  get key(): string {
    return binaryText(this.#key);
  }

  get keyBytes(): Uint8Array {
    return fromBinary(this.#key);
  }

  /** The new value; undefined if the key was deleted. */
  get value(): Uint8Array | undefined {
    return this.entry?.value;
  }

  /** The new value as UTF-8 text; undefined if the key was deleted. */
  text(): string | undefined {
    return this.entry?.text();
  }
}
