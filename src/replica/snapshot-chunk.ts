/**
 * What a snapshot is on its way.
 *
 * The state is an ordered space of records, so a snapshot is a row of ranges that follow each other
 * without a gap, from the first key to the last: one chunk for each. A range has a digest over its
 * bounds and its records. Two equal ranges have equal digests, whoever took them and whenever; that
 * is what makes a snapshot resumable, even by another leader whose state is newer: the follower says
 * which ranges it holds, and of those that did not change only the digest travels. The digest of the
 * whole is one over those of all its ranges.
 *
 * Chunk 0 is the offer: it says how large the state is, and asks what the follower holds.
 */
import type { Codec } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import { isBinary } from '../machine/binary-string.ts';
import type { Position } from '../raft/entry.ts';

/** The keys behind `after` up to and including `upTo`; undefined stands for the end of all keys. */
export interface KeyRange {
  /** '' comes before every key. */
  readonly after: string;
  readonly upTo: string | undefined;
}

export interface DigestedRange extends KeyRange {
  readonly digest: Uint8Array;
}

export type EncodedRecord = readonly [key: string, value: Uint8Array];

/** How much a state holds. */
export interface StateSize {
  readonly records: number;
  /** See `RecordTree.bytes`. */
  readonly bytes: number;
}

/** How far a snapshot has come. */
export interface SnapshotProgress {
  /** The last entry that it reflects. */
  readonly position: Position;
  readonly done: StateSize;
  readonly total: StateSize;
}

export type SnapshotChunk =
  | { readonly kind: 'offer'; readonly stream: number; readonly total: StateSize }
  | {
      /** `data` undefined: the follower holds the range as it is. */
      readonly kind: 'range';
      readonly stream: number;
      readonly range: DigestedRange;
      readonly data: Uint8Array | undefined;
      /** The digest of the whole, with the last range. */
      readonly whole: Uint8Array | undefined;
    };

/** What a follower says to a chunk beside which one it expects next. */
export interface SnapshotAnswer {
  readonly stream: number;
  /**
   * - `taken`: all before `nextChunk` is stored.
   * - `again`: a chunk is missing or was damaged; repeat from `nextChunk` on.
   * - `unusable`: this stream leads to nothing; begin another one.
   */
  readonly verdict: 'taken' | 'again' | 'unusable';
  /** Some of the ranges that it holds behind those it has taken, in order… */
  readonly held: readonly DigestedRange[];
  /** …and whether it holds others behind them. */
  readonly holdsMore: boolean;
}

const OFFER = 1;
const RANGE = 2;
const VERDICTS: readonly SnapshotAnswer['verdict'][] = ['taken', 'again', 'unusable'];
const DIGEST_BYTES = 16;

export function encodeChunk(codec: Codec, chunk: SnapshotChunk): Uint8Array {
  if (chunk.kind === 'offer') {
    return codec.encode([OFFER, chunk.stream, chunk.total.records, chunk.total.bytes]);
  }
  const { stream, range, data = null, whole = null } = chunk;
  return codec.encode([RANGE, stream, range.after, range.upTo ?? null, range.digest, data, whole]);
}

/** Undefined for bytes that are no chunk. Its data shares their memory. */
export function decodeChunk(codec: Codec, bytes: Uint8Array): SnapshotChunk | undefined {
  const fields = decodeList(codec, bytes);
  const [kind, stream] = fields ?? [];
  if (fields === undefined || !isCount(stream)) return undefined;
  if (kind === OFFER) {
    const [, , records, total] = fields;
    if (!isCount(records) || !isCount(total)) return undefined;
    return { kind: 'offer', stream, total: { records, bytes: total } };
  }
  const [, , after, upTo, digest, data, whole] = fields;
  const range = rangeOf(after, upTo, digest);
  if (kind !== RANGE || range === undefined || !isOptional(data, isBytes)) return undefined;
  if (!isOptional(whole, isDigest) || (whole === null) !== (range.upTo !== undefined)) return undefined;
  return { kind: 'range', stream, range, data: data ?? undefined, whole: whole ?? undefined };
}

export function encodeAnswer(codec: Codec, answer: SnapshotAnswer): Uint8Array {
  const held = answer.held.map(({ after, upTo, digest }) => [after, upTo ?? null, digest]);
  return codec.encode([answer.stream, VERDICTS.indexOf(answer.verdict), held, answer.holdsMore]);
}

/** Undefined for bytes that are no answer. */
export function decodeAnswer(codec: Codec, bytes: Uint8Array): SnapshotAnswer | undefined {
  const [stream, verdictNumber, rows, holdsMore] = decodeList(codec, bytes) ?? [];
  const verdict = isCount(verdictNumber) ? VERDICTS[verdictNumber] : undefined;
  if (!isCount(stream) || verdict === undefined || typeof holdsMore !== 'boolean') return undefined;
  if (!Array.isArray(rows)) return undefined;
  const held: DigestedRange[] = [];
  for (const row of rows as unknown[]) {
    const [after, upTo, digest] = Array.isArray(row) ? (row as unknown[]) : [];
    const range = rangeOf(after, upTo, digest);
    const before = held.at(-1);
    if (range === undefined || (before !== undefined && !follows(before, range))) return undefined;
    held.push(range);
  }
  return { stream, verdict, held, holdsMore };
}

/** The records of a range as they travel. */
export function encodeRecords(codec: Codec, records: readonly EncodedRecord[]): Uint8Array {
  return codec.encode(records.flat());
}

/** Undefined unless they are records, in order, and within the range. Their values share the memory of the data. */
export function decodeRecords(
  codec: Codec,
  range: KeyRange,
  data: Uint8Array,
): readonly EncodedRecord[] | undefined {
  const flat = decodeList(codec, data);
  if (flat === undefined || flat.length % 2 !== 0) return undefined;
  const records: EncodedRecord[] = [];
  let last = range.after;
  for (let at = 0; at < flat.length; at += 2) {
    const key = flat[at];
    const value = flat[at + 1];
    if (typeof key !== 'string' || !isBytes(value) || key <= last) return undefined;
    if (!isBinary(key) || !key.includes('/') || isBeyond(key, range)) return undefined;
    records.push([key, value]);
    last = key;
  }
  return records;
}

/** Of a range and its records: says where it lies and what it holds. */
export function digestRange(codec: Codec, digest: Digest, range: KeyRange, data: Uint8Array): Uint8Array {
  return digest(codec.encode([range.after, range.upTo ?? null]), data);
}

/** Of all ranges so far, and one more. */
export function chainDigest(digest: Digest, chain: Uint8Array, range: DigestedRange): Uint8Array {
  return digest(chain, range.digest);
}

export const EMPTY_CHAIN: Uint8Array = new Uint8Array(DIGEST_BYTES);

export function isBeyond(key: string, { upTo }: KeyRange): boolean {
  return upTo !== undefined && key > upTo;
}

/** The first key that lies behind `after`. */
export function keyBehind(after: string): string {
  return after === '' ? '' : `${after}\u0000`;
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

export function equalRanges(left: DigestedRange, right: DigestedRange): boolean {
  return left.after === right.after && left.upTo === right.upTo && equalBytes(left.digest, right.digest);
}

function follows(before: KeyRange, range: KeyRange): boolean {
  return before.upTo !== undefined && before.upTo <= range.after;
}

function rangeOf(after: unknown, upTo: unknown, digest: unknown): DigestedRange | undefined {
  if (!isKey(after) || !isOptional(upTo, isKey) || !isDigest(digest)) return undefined;
  if (upTo !== null && upTo <= after) return undefined;
  // A copy: ranges are remembered for long, and what they came with is not.
  return { after, upTo: upTo ?? undefined, digest: digest.slice() };
}

function decodeList(codec: Codec, bytes: Uint8Array): readonly unknown[] | undefined {
  try {
    const value = codec.view(bytes);
    return Array.isArray(value) ? (value as unknown[]) : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isDigest(value: unknown): value is Uint8Array {
  return isBytes(value) && value.length === DIGEST_BYTES;
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && isBinary(value);
}

function isOptional<T>(value: unknown, is: (value: unknown) => value is T): value is T | null {
  return value === null || is(value);
}
