import { crc32 } from '@node-rs/crc32';
import { SECTOR_BYTES } from './frame.ts';
import { type LogSummary, readSummary, writeSummary } from './log-summary.ts';
import { getUint64, setUint64 } from './uint64.ts';

/** The header fills one sector; the first frame follows it. A copy of it fills the last sector of the file. */
export const SEGMENT_HEADER_BYTES: number = SECTOR_BYTES;
/** Salts are whole numbers below this. */
export const SALT_LIMIT: number = 2 ** 48;
const MAGIC = 0x67_73_76_6b;
const VERSION = 2;
const SUMMARY_AT = 40;
const CRC_AT: number = SEGMENT_HEADER_BYTES - 4;

/** What a segment repeats of the log before it, so that its elders can go. */
export interface SegmentHeader {
  /** 1, 2, 3, … without a gap. */
  readonly sequence: number;
  /** Drawn anew for each segment and each reuse of a file. */
  readonly salt: number;
  /** The sequence of its first frame. */
  readonly firstFrame: number;
  /** How long the file is. */
  readonly bytes: number;
  /** The log when the segment began. */
  readonly before: LogSummary;
}

export type SegmentHeaderRead =
  | { readonly kind: 'header'; readonly header: SegmentHeader }
  | { readonly kind: 'newer-version'; readonly version: number }
  | { readonly kind: 'damaged' };

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  setUint64(view, 8, header.sequence);
  setUint64(view, 16, header.salt);
  setUint64(view, 24, header.firstFrame);
  setUint64(view, 32, header.bytes);
  writeSummary(view, SUMMARY_AT, header.before);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  return bytes;
}

export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeaderRead {
  if (bytes.length < SEGMENT_HEADER_BYTES) return { kind: 'damaged' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER_BYTES);
  const sound = view.getUint32(CRC_AT, true) === crc32(bytes.subarray(0, CRC_AT));
  if (!sound || view.getUint32(0, true) !== MAGIC) return { kind: 'damaged' };
  const version = view.getUint32(4, true);
  if (version !== VERSION) return { kind: 'newer-version', version };
  const header: SegmentHeader = {
    sequence: getUint64(view, 8),
    salt: getUint64(view, 16),
    firstFrame: getUint64(view, 24),
    bytes: getUint64(view, 32),
    before: readSummary(view, SUMMARY_AT),
  };
  return { kind: 'header', header };
}
