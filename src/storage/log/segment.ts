import { StoreError } from '../../base/errors.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import type { SegmentHeader } from './segment-header.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES } from './segment-header.ts';

/** One file of the log, open. */
export interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly file: OpenFile;
  readonly bytes: number;
}

const NAME = /^log-(\d{8,})\.segment$/;

export function segmentName(sequence: number): string {
  return `log-${String(sequence).padStart(8, '0')}.segment`;
}

/** The segments of a directory in their order, by name alone. */
export function segmentPaths(fileSystem: FileSystem, directory: string): readonly string[] {
  return fileSystem
    .list(directory)
    .filter((name) => NAME.test(name))
    .map((name) => ({ name, sequence: Number(NAME.exec(name)?.[1]) }))
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ name }) => `${directory}/${name}`);
}

/** Says what is wrong with the log, and where. */
export function corrupt(path: string, offset: number, what: string): StoreError {
  return new StoreError('LOG_CORRUPT', `${path}: damaged at byte ${offset}: ${what}`);
}

/**
 * Opens a segment and reads its header, which was on stable storage before the file got its name.
 *
 * @throws StoreError LOG_CORRUPT, DIRECTORY_MISMATCH if a later release wrote it
 */
export function openSegment(fileSystem: FileSystem, path: string): Segment {
  const file = fileSystem.open(path);
  try {
    const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
    const count = file.read(bytes, 0);
    const read = decodeSegmentHeader(bytes.subarray(0, count));
    if (read.kind === 'newer-version') {
      throw new StoreError('DIRECTORY_MISMATCH', `${path}: format ${read.version} is of another release`);
    }
    if (read.kind === 'damaged') throw corrupt(path, 0, 'the header of the segment is wrong');
    if (!path.endsWith(`/${segmentName(read.header.sequence)}`)) {
      throw corrupt(path, 0, `the file holds segment ${read.header.sequence}`);
    }
    return { path, header: read.header, file, bytes: file.size() };
  } catch (error) {
    file.close();
    throw error;
  }
}
