import { assert, present } from '../../base/assert.ts';
import type { LogContents } from '../log-storage.ts';
import type { FileSystem } from './file-system.ts';
import { LogReader } from './log-reader.ts';
import type { LogTail } from './log-tail.ts';
import { UNKNOWN_TERM } from './log-summary.ts';
import { findSeal } from './seal.ts';
import type { Flaw, Segment } from './segment.ts';
import { corrupt, describeFlaw, openSegment, segmentPaths } from './segment.ts';

export interface RecoveredLog {
  readonly contents: LogContents;
  readonly tail: LogTail;
  /** Those that can be used, ascending; the last is the one to write on. */
  readonly segments: readonly Segment[];
  /** The highest number of a segment that is there, usable or not. */
  readonly lastSegment: number;
  /** Where in the last segment the next frame goes; undefined if it must go into a new segment. */
  readonly end: number | undefined;
  readonly nextFrame: number;
  /** Where the last frame of the last segment begins; undefined if that segment has none. */
  readonly lastFrameAt: number | undefined;
}

/**
 * Reads the whole log and changes nothing. Undefined if there is none.
 *
 * Writes go to the disk one at a time, one frame each, and each waits for the one before. So at most
 * one frame, the very last, can be torn; nobody was promised it, and it is left out. Anything else
 * that does not check had been promised: a sound frame, a segment or the seal behind it proves that.
 * To cut it would lose what this node acknowledged (FAST '18, "Protocol-Aware Recovery"). So it is
 * left out, and said: the log has a gap then, and Raft fills it from the other nodes.
 *
 * @throws StoreError LOG_CORRUPT if not even the term and the vote are known, DIRECTORY_MISMATCH
 */
export function recoverLog(fileSystem: FileSystem, directory: string): RecoveredLog | undefined {
  const segments: Segment[] = [];
  const flaws: Flaw[] = [];
  const paths = segmentPaths(fileSystem, directory);
  try {
    for (const { path, sequence } of paths) {
      const segment = openSegment(fileSystem, path, sequence);
      if (segment === undefined) flaws.push({ path, offset: 0, what: 'both headers are wrong' });
      else segments.push(segment);
    }
    const lastPath = paths.at(-1);
    const seal = findSeal(fileSystem, directory);
    if (lastPath === undefined) {
      if (seal === undefined) return undefined;
      throw corrupt(directory, 0, `segment ${seal.segment} is missing`);
    }
    checkNewest(lastPath, segments.at(-1), seal?.segment ?? 0);
    const reader = new LogReader(segments, seal, flaws);
    const read = reader.read();
    return {
      contents: contentsOf(reader, directory),
      tail: reader.tail,
      segments,
      lastSegment: lastPath.sequence,
      ...read,
    };
  } catch (error) {
    for (const segment of segments) segment.file.close();
    throw error;
  }
}

/** The newest term and vote may stand in the newest segment alone: without it nothing can be promised. */
function checkNewest(
  last: { readonly path: string; readonly sequence: number },
  newest: Segment | undefined,
  sealed: number,
): void {
  if (newest?.header.sequence !== last.sequence) throw corrupt(last.path, 0, 'both headers are wrong');
  if (sealed > last.sequence)
    throw corrupt(last.path, 0, `segment ${sealed}, which comes behind it, is missing`);
}

function contentsOf({ tail, held, flaws }: LogReader, directory: string): LogContents {
  const { hardState, compacted: base, last: anchor } = tail;
  const { entries, beyond } = held.split();
  assert(held.lastIndex === tail.lastIndex, 'entries reach the end of the log');
  // Others may be behind a repair that came later.
  const flaw = flaws.findLast(({ first }) => first === held.firstGap) ?? {
    path: directory,
    offset: 0,
    what: 'a segment is missing',
  };
  if (base.term === UNKNOWN_TERM || (beyond !== undefined && !tail.isKnown)) {
    throw corrupt(
      flaw.path,
      flaw.offset,
      `${flaw.what}; the log around it is not known well enough to repair it`,
    );
  }
  if (beyond === undefined) return { hardState, base, entries };
  const first = base.index + entries.length + 1;
  const { terms } = tail;
  return { hardState, base, entries, damage: { first, anchor, beyond, terms, what: describeFlaw(flaw) } };
}

/** The last frame of the log, as it lies in its segment. */
export function lastFrameBytes({ lastFrameAt, end, segments }: RecoveredLog): Uint8Array | undefined {
  if (lastFrameAt === undefined || end === undefined) return undefined;
  const bytes = new Uint8Array(end - lastFrameAt);
  const { file } = present(segments.at(-1), 'a log that was recovered has a segment');
  const count = file.read(bytes, lastFrameAt);
  assert(count === bytes.length, 'a frame that was read can be read again');
  return bytes;
}
