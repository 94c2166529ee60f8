import { crc32 } from '@node-rs/crc32';
import { assert } from '../../base/assert.ts';
import { type LogSummary, readSummary, SUMMARY_BYTES, writeSummary } from './log-summary.ts';
import { getUint64, setUint64 } from './uint64.ts';

/**
 * Frames begin and end at multiples of this: what is on stable storage is never written again, and
 * a search for frames need look nowhere else.
 */
export const SECTOR_BYTES = 512;
const SUMMARY_AT = 32;
/** The checksum of the header ends it. */
const HEADER_CRC_AT: number = SUMMARY_AT + SUMMARY_BYTES;
export const FRAME_HEADER_BYTES: number = HEADER_CRC_AT + 4;
const MAGIC = 0x6d_72_46_6b;

/** What one write put into a segment: whole or not at all. */
export interface FrameHeader {
  /** Of its segment: bytes that an earlier segment left behind bear another. */
  readonly salt: number;
  /** 1, 2, 3, … over all segments. */
  readonly sequence: number;
  /** With header and padding; a multiple of SECTOR_BYTES. */
  readonly frameBytes: number;
  /** The log before it. */
  readonly before: LogSummary;
  readonly bodyCrc: number;
}

/** The bytes of a frame with a body of that length. */
export function frameBytesFor(bodyBytes: number): number {
  return Math.ceil((FRAME_HEADER_BYTES + bodyBytes) / SECTOR_BYTES) * SECTOR_BYTES;
}

/**
 * Fills in the header of a frame whose body, zero-padded to the end of `frame`, is already behind the
 * header's place. The checksums cover every byte.
 */
export function sealFrame(frame: Uint8Array, header: Omit<FrameHeader, 'frameBytes'>): void {
  assert(frame.length % SECTOR_BYTES === 0, 'a frame fills its sectors');
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_HEADER_BYTES);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, frame.length, true);
  setUint64(view, 8, header.salt);
  setUint64(view, 16, header.sequence);
  view.setUint32(24, header.bodyCrc, true);
  view.setUint32(28, 0, true);
  writeSummary(view, SUMMARY_AT, header.before);
  view.setUint32(HEADER_CRC_AT, crc32(frame.subarray(0, HEADER_CRC_AT)), true);
}

/** The header of the frame that begins there; undefined if none of this segment's does. */
export function readFrameHeader(bytes: Uint8Array, salt: number): FrameHeader | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  if (view.getUint32(HEADER_CRC_AT, true) !== crc32(bytes.subarray(0, HEADER_CRC_AT))) return undefined;
  const header: FrameHeader = {
    salt: getUint64(view, 8),
    sequence: getUint64(view, 16),
    frameBytes: view.getUint32(4, true),
    before: readSummary(view, SUMMARY_AT),
    bodyCrc: view.getUint32(24, true),
  };
  return header.salt === salt ? header : undefined;
}

/** The body of a whole frame; undefined if a bit of it is wrong. */
export function frameBody(frame: Uint8Array, header: FrameHeader): Uint8Array | undefined {
  if (frame.length !== header.frameBytes) return undefined;
  const body = frame.subarray(FRAME_HEADER_BYTES);
  return crc32(body) === header.bodyCrc ? body : undefined;
}
