import { freshRoom, type Room } from '../../base/buffer-pool.ts';
import type { Index, Term } from '../../base/flavor.ts';
import type { Entry, EntryKind, HardState, Position } from '../../raft/entry.ts';
import type { LogWrite } from '../../raft/ready.ts';
import { present, unreachable } from '../../base/assert.ts';
import { checksumAround, entryChecksum, type LyingBytes } from '../../wire/checksums.ts';
import { LARGE_BYTES_MIN } from '../../wire/known-checksums.ts';
import { FRAME_HEADER_BYTES, frameBytesFor } from './frame.ts';
import { getUint64, setUint64 } from './uint64.ts';

/**
 * What the body of a frame is made of, in the order in which it takes effect:
 * a byte for the kind, four for the length of the payload, the payload. A zero byte ends the body.
 */
export type LogRecord =
  | { readonly kind: 'hard-state'; readonly hardState: HardState }
  | { readonly kind: 'reset'; readonly position: Position }
  /** Like a reset, but the places behind stay what they were: part of the log is damaged, and not given up. */
  | { readonly kind: 'rebase'; readonly position: Position }
  | { readonly kind: 'truncate'; readonly from: Index }
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** An entry in the place of one that is damaged. */
  | { readonly kind: 'fill'; readonly entry: Entry }
  | { readonly kind: 'compact'; readonly to: Index };

const KIND = { end: 0, hardState: 1, reset: 2, truncate: 3, compact: 6, rebase: 7 } as const;
const ENTRY_KIND = { noop: 4, command: 5, configuration: 8 } as const satisfies Readonly<
  Record<EntryKind, number>
>;
/** Added to the kind of an entry that fills a gap. */
const FILL = 0x40;
const PREFIX_BYTES = 5;
const POSITION_BYTES = 16;
const INDEX_BYTES = 8;

/**
 * The records of one write, in a buffer that may be handed to another thread, and that has room for the
 * frame around them.
 */
export function encodeRecords(write: LogWrite, room: Room = freshRoom): Uint8Array<ArrayBuffer> {
  const bytes = recordsBytes(write);
  const body = new Uint8Array(room(frameBytesFor(bytes)), FRAME_HEADER_BYTES, bytes);
  fillRecords(write, body);
  return body;
}

/** Puts the records of a write where there is room for as many bytes as `recordsBytes` says. */
export function fillRecords(write: LogWrite, body: Uint8Array): void {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = 0;
  const begin = (kind: number, length: number): number => {
    view.setUint8(at, kind);
    view.setUint32(at + 1, length, true);
    const payload = at + PREFIX_BYTES;
    at = payload + length;
    return payload;
  };
  if (write.hardState !== undefined) {
    const payload = begin(KIND.hardState, POSITION_BYTES);
    setUint64(view, payload, write.hardState.term);
    setUint64(view, payload + 8, write.hardState.vote ?? 0);
  }
  if (write.reset !== undefined) {
    const kind = write.fills === true ? KIND.rebase : KIND.reset;
    setPosition(view, begin(kind, POSITION_BYTES), write.reset);
  }
  if (write.truncateFrom !== undefined) {
    setUint64(view, begin(KIND.truncate, INDEX_BYTES), write.truncateFrom);
  }
  for (const entry of write.entries) {
    const kind = ENTRY_KIND[entry.kind] + (write.fills === true ? FILL : 0);
    const payload = begin(kind, POSITION_BYTES + entry.data.length);
    setPosition(view, payload, entry);
    body.set(entry.data, payload + POSITION_BYTES);
  }
  if (write.compactTo !== undefined) {
    setUint64(view, begin(KIND.compact, INDEX_BYTES), write.compactTo);
  }
}

export function recordsBytes(write: LogWrite): number {
  let bytes = 0;
  if (write.hardState !== undefined) bytes += PREFIX_BYTES + POSITION_BYTES;
  if (write.reset !== undefined) bytes += PREFIX_BYTES + POSITION_BYTES;
  if (write.truncateFrom !== undefined) bytes += PREFIX_BYTES + INDEX_BYTES;
  for (const entry of write.entries) bytes += PREFIX_BYTES + POSITION_BYTES + entry.data.length;
  if (write.compactTo !== undefined) bytes += PREFIX_BYTES + INDEX_BYTES;
  return bytes;
}

/** The checksum of what `encodeRecords` made of a write with these entries, if most of it is known. */
export function recordsChecksum(body: Uint8Array, entries: readonly Entry[]): number | undefined {
  if (!entries.some(({ data }) => data.length >= LARGE_BYTES_MIN)) return undefined;
  const parts: LyingBytes[] = [];
  let next = 0;
  for (const record of decodeRecords(body)) {
    if (record.kind !== 'entry' && record.kind !== 'fill') continue;
    const bytes = present(entries[next++], 'each entry of a write has its record').data;
    if (bytes.length >= LARGE_BYTES_MIN)
      parts.push({ at: record.entry.data.byteOffset - body.byteOffset, bytes });
  }
  return checksumAround(body, parts, entryChecksum);
}

/**
 * The records of a body. The data of its entries are views of the body: keep a copy.
 *
 * @throws RangeError if the body is not made of records; it was checked before, so that is no torn write
 */
export function* decodeRecords(body: Uint8Array): Generator<LogRecord, void, undefined> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  while (at < body.length && view.getUint8(at) !== KIND.end) {
    const kind = view.getUint8(at);
    const length = view.getUint32(at + 1, true);
    const payload = at + PREFIX_BYTES;
    at = payload + length;
    if (at > body.length) throw new RangeError('a record is longer than its frame');
    yield decodeRecord(view, kind, payload, body.subarray(payload, at));
  }
}

/** Those of the entries that were appended, which are many, without an object for each. */
export interface RecordFollower {
  onEntry(index: Index, term: Term): void;
  onOther(record: LogRecord): void;
}

/** Tells the records of a body in their order. @throws RangeError as `decodeRecords` does */
export function followRecords(body: Uint8Array, follower: RecordFollower): void {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  while (at < body.length && view.getUint8(at) !== KIND.end) {
    const kind = view.getUint8(at);
    const payload = at + PREFIX_BYTES;
    at = payload + view.getUint32(at + 1, true);
    if (at > body.length) throw new RangeError('a record is longer than its frame');
    if (isAppended(kind)) follower.onEntry(uint64At(view, payload), uint64At(view, payload + INDEX_BYTES));
    else follower.onOther(decodeRecord(view, kind, payload, body.subarray(payload, at)));
  }
}

function isAppended(kind: number): boolean {
  return kind === ENTRY_KIND.command || kind === ENTRY_KIND.noop || kind === ENTRY_KIND.configuration;
}

function decodeRecord(view: DataView, kind: number, payload: number, bytes: Uint8Array): LogRecord {
  switch (kind) {
    case KIND.hardState: {
      const vote = uint64At(view, payload + 8);
      return {
        kind: 'hard-state',
        hardState: { term: uint64At(view, payload), vote: vote === 0 ? undefined : vote },
      };
    }
    case KIND.reset:
      return { kind: 'reset', position: positionAt(view, payload) };
    case KIND.rebase:
      return { kind: 'rebase', position: positionAt(view, payload) };
    case KIND.truncate:
      return { kind: 'truncate', from: uint64At(view, payload) };
    case KIND.compact:
      return { kind: 'compact', to: uint64At(view, payload) };
    default: {
      const { index, term } = positionAt(view, payload);
      const entry: Entry = { index, term, kind: entryKind(kind), data: bytes.subarray(POSITION_BYTES) };
      return { kind: (kind & FILL) === 0 ? 'entry' : 'fill', entry };
    }
  }
}

function entryKind(kind: number): EntryKind {
  switch (kind & ~FILL) {
    case ENTRY_KIND.command:
      return 'command';
    case ENTRY_KIND.noop:
      return 'noop';
    case ENTRY_KIND.configuration:
      return 'configuration';
    default:
      throw new RangeError(`a record of the unknown kind ${kind}`);
  }
}

/** In words, for an error message. */
export function describeRecord(record: LogRecord): string {
  switch (record.kind) {
    case 'hard-state':
      return `hard state of term ${record.hardState.term}`;
    case 'reset':
      return `reset to ${record.position.index}`;
    case 'rebase':
      return `new beginning behind ${record.position.index}`;
    case 'truncate':
      return `truncation from ${record.from}`;
    case 'entry':
    case 'fill':
      return `entry ${record.entry.index} of term ${record.entry.term}`;
    case 'compact':
      return `compaction to ${record.to}`;
    default:
      return unreachable(record);
  }
}

function setPosition(view: DataView, at: number, position: Position): void {
  setUint64(view, at, position.index);
  setUint64(view, at + 8, position.term);
}

function positionAt(view: DataView, at: number): Position {
  return { index: uint64At(view, at), term: uint64At(view, at + 8) };
}

function uint64At(view: DataView, at: number): number {
  const value = getUint64(view, at);
  if (Number.isNaN(value)) throw new RangeError('a number above 2^53');
  return value;
}
