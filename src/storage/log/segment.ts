import { StoreError } from '../../base/errors.ts';
import type { Index } from '../../base/flavor.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import type { SegmentHeader } from './segment-header.ts';
import { decodeSegmentHeader, encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts';

/** One file of the log, open. */
export interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly file: OpenFile;
  /** Of the file as it is. */
  readonly bytes: number;
  /** Where a copy of the header is wrong; the other one is not. */
  readonly damagedHeaders: readonly number[];
}

const NAME = /^log-(\d{8,})\.segment$/;

export function segmentName(sequence: number): string {
  return `log-${String(sequence).padStart(8, '0')}.segment`;
}

/** The segments of a directory in their order, by name alone. */
export function segmentPaths(
  fileSystem: FileSystem,
  directory: string,
): readonly { readonly path: string; readonly sequence: number }[] {
  return fileSystem
    .list(directory)
    .filter((name) => NAME.test(name))
    .map((name) => ({ path: `${directory}/${name}`, sequence: Number(NAME.exec(name)?.[1]) }))
    .toSorted((a, b) => a.sequence - b.sequence);
}

/** Where frames end at the latest: in the last sector is the copy of the header. */
export function framesEnd({ bytes, header }: Segment): number {
  return Math.min(bytes, header.bytes - SEGMENT_HEADER_BYTES);
}

/** Where in a segment of that length the header stands, twice. */
export function headerPlaces(bytes: number): readonly [number, number] {
  return [0, bytes - SEGMENT_HEADER_BYTES];
}

/** A place in the log that is not what was written there. */
export interface Flaw {
  readonly path: string;
  readonly offset: number;
  readonly what: string;
  /** The first entry that lacked then. */
  readonly first?: Index | undefined;
}

/** In words. */
export function describeFlaw({ path, offset, what }: Flaw): string {
  return `${path}: damaged at byte ${offset}: ${what}`;
}

/** Says what is wrong with the log, and where. */
export function corrupt(path: string, offset: number, what: string): StoreError {
  return new StoreError('LOG_CORRUPT', describeFlaw({ path, offset, what }));
}

/**
 * Opens a segment and reads its header, which was on stable storage before the file got its name.
 * Undefined if both copies of it are damaged.
 *
 * @throws StoreError LOG_CORRUPT, DIRECTORY_MISMATCH if a later release wrote it
 */
export function openSegment(fileSystem: FileSystem, path: string, sequence: number): Segment | undefined {
  const file = fileSystem.open(path);
  try {
    const bytes = file.size();
    const reads = headerPlaces(bytes).map((place) => ({ place, read: readHeader(file, place) }));
    for (const { read } of reads) {
      if (read.kind !== 'newer-version') continue;
      throw new StoreError('DIRECTORY_MISMATCH', `${path}: format ${read.version} is of another release`);
    }
    const sound = reads.map(({ read }) => read).find((read) => read.kind === 'header');
    if (sound === undefined) {
      file.close();
      return undefined;
    }
    const { header } = sound;
    if (header.sequence !== sequence) throw corrupt(path, 0, `the file holds segment ${header.sequence}`);
    const damagedHeaders = reads.filter(({ read }) => read.kind === 'damaged').map(({ place }) => place);
    return { path, header, file, bytes, damagedHeaders };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Writes what is wrong of the header once more. A file that was cut keeps what it has. Whether there was need. */
export function repairHeader({ header, file, bytes, damagedHeaders }: Segment): boolean {
  if (bytes !== header.bytes || damagedHeaders.length === 0) return false;
  for (const place of damagedHeaders) file.write(encodeSegmentHeader(header), place);
  file.sync();
  return true;
}

function readHeader(file: OpenFile, place: number): ReturnType<typeof decodeSegmentHeader> {
  if (place < 0) return { kind: 'damaged' };
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  return decodeSegmentHeader(bytes.subarray(0, file.read(bytes, place)));
}
