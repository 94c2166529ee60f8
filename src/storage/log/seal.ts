import { crc32 } from '@node-rs/crc32';
import { present } from '../../base/assert.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { SECTOR_BYTES } from './frame.ts';
import { type LogSummary, readSummary, SUMMARY_BYTES, writeSummary } from './log-summary.ts';
import { getUint64, setUint64 } from './uint64.ts';

/** Up to where the log is on stable storage, and what it amounts to there. */
export interface Seal {
  /** The last frame, and the segment it is in. */
  readonly frame: number;
  readonly segment: number;
  readonly summary: LogSummary;
}

export const SEAL_NAME = 'seal';
/** Two places, far enough from each other that no page, and no write, ever touches both. */
const PLACES = [0, 8 * SECTOR_BYTES] as const;
const FILE_BYTES: number = 9 * SECTOR_BYTES;
const MAGIC = 0x6c_61_73_6b;
const SUMMARY_AT = 24;
const CRC_AT: number = SUMMARY_AT + SUMMARY_BYTES;

/**
 * The proof that frames were durable.
 *
 * A frame that is not sound, with nothing behind it, may be a write that a crash tore: nobody was
 * promised it. Or it may have been promised, and rotted since: then to cut it would lose what this
 * node acknowledged. A sound frame behind it tells the two apart, since writes go one by one; for
 * the last frame of all the seal does. It is written when a write is on stable storage and no other
 * waits, in turn to one of two places in a file of its own, so that nothing that damages the end of
 * the log damages the seal as well. It is not synced: lost, it says less, and never anything wrong.
 * (FAST '18, "Protocol-Aware Recovery", section 3.3.2, keeps such identifiers for the same end.)
 */
export class SealFile {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #sector: Uint8Array = new Uint8Array(SECTOR_BYTES);
  #file: OpenFile | undefined;
  #next = 0;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  /** Opens it, or makes it anew if it is not there or not whole. */
  open(): void {
    const path = `${this.#directory}/${SEAL_NAME}`;
    if (this.#fileSystem.list(this.#directory).includes(SEAL_NAME)) {
      this.#file = this.#fileSystem.open(path);
      if (this.#file.size() === FILE_BYTES) {
        // The next one goes where the older one is.
        const frames = PLACES.map((place) => readSeal(present(this.#file, 'it is open'), place)?.frame ?? 0);
        this.#next = (frames[0] ?? 0) <= (frames[1] ?? 0) ? 0 : 1;
        return;
      }
      this.close();
      this.#fileSystem.remove(path);
    }
    this.#file = this.#fileSystem.create(path);
    this.#file.write(new Uint8Array(FILE_BYTES), 0);
    this.#file.sync();
  }

  write({ frame, segment, summary }: Seal): void {
    const sector = this.#sector;
    const view = new DataView(sector.buffer);
    view.setUint32(0, MAGIC, true);
    setUint64(view, 8, frame);
    setUint64(view, 16, segment);
    writeSummary(view, SUMMARY_AT, summary);
    view.setUint32(CRC_AT, crc32(sector.subarray(0, CRC_AT)), true);
    present(this.#file, 'the seal is open').write(sector, PLACES[this.#next] ?? 0);
    this.#next = 1 - this.#next;
  }

  sync(): void {
    this.#file?.sync();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/** The newest seal that is sound, if there is one. */
export function findSeal(fileSystem: FileSystem, directory: string): Seal | undefined {
  if (!fileSystem.list(directory).includes(SEAL_NAME)) return undefined;
  const file = fileSystem.open(`${directory}/${SEAL_NAME}`);
  const seals = PLACES.map((place) => readSeal(file, place)).filter((seal) => seal !== undefined);
  file.close();
  return seals.toSorted((one, other) => other.frame - one.frame)[0];
}

function readSeal(file: OpenFile, place: number): Seal | undefined {
  const sector = new Uint8Array(CRC_AT + 4);
  if (file.read(sector, place) < sector.length) return undefined;
  const view = new DataView(sector.buffer);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  if (view.getUint32(CRC_AT, true) !== crc32(sector.subarray(0, CRC_AT))) return undefined;
  return { frame: getUint64(view, 8), segment: getUint64(view, 16), summary: readSummary(view, SUMMARY_AT) };
}
