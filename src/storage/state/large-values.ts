import { crc32 } from '@node-rs/crc32';
import { present } from '../../base/assert.ts';
import { checksumOf } from '../../wire/known-checksums.ts';
import { LargeFileReader, largeFiles, LargeFileWriter, removeLargeFile } from './large-files.ts';
import type { Place } from './split-value.ts';
import { DamagedStateError } from './state-block.ts';

/** A file takes nothing more from this length on. */
const FILE_BYTES: number = 64 * 1024 * 1024;
/** All files may hold twice what is needed of them and so much more. */
const SURPLUS_BYTES: number = 2 * FILE_BYTES;
/** So much waits in memory to be written, or one part that is larger. */
const WRITE_BYTES = 4 * 1024 * 1024;

/** What records need of a file. */
interface LargeFile {
  /** By where they lie: how many times each part is needed. */
  readonly uses: Map<number, number>;
  /** Of all those parts. */
  bytes: number;
  /** Of the records. */
  readonly keys: Set<string>;
}

/**
 * Where the large parts of records lie, beside LevelDB, which would write each of them several times:
 * in files that only grow. A record says which of their bytes it needs (`SplitValue`). The bytes are on
 * stable storage before LevelDB hears of the record; and a file that is not needed any more goes only
 * when LevelDB's own word for that is on stable storage: so a power cut leaves no record without its
 * parts. Where the files hold much that is not needed, what is needed of one of them moves to another.
 */
export class LargeValues {
  readonly #directory: string;
  readonly #reader: LargeFileReader;
  /** How long those are, but for the one that is written to, that may go when nothing in them is needed. */
  readonly #known = new Map<number, number>();
  readonly #needed = new Map<number, LargeFile>();
  /** Of all of them, written and needed. */
  #neededBytes = 0;
  /** What each record needs. */
  readonly #places = new Map<string, readonly Place[]>();
  #writer: LargeFileWriter | undefined;
  #lastFile: number;
  /** Where bytes lie that were added since `sync`: those of a value are often part of two records… */
  readonly #added = new Map<Uint8Array, Place>();
  /** …and where parts have moved since then, by where they were. */
  readonly #moved = new Map<string, Place>();

  private constructor(directory: string, lastFile: number) {
    this.#directory = directory;
    this.#reader = new LargeFileReader(directory);
    this.#lastFile = lastFile;
  }

  static async open(directory: string): Promise<LargeValues> {
    return new LargeValues(directory, Math.max(0, ...(await largeFiles(directory)).keys()));
  }

  /** What all records need that the database holds. */
  async restore(needed: Iterable<readonly [key: string, places: readonly Place[]]>): Promise<void> {
    for (const [file, bytes] of await largeFiles(this.#directory)) this.#known.set(file, bytes);
    for (const [key, places] of needed) this.put(key, places);
  }

  /** Where the bytes will lie after `sync`; they must stay as they are until then. */
  async add(bytes: Uint8Array): Promise<Place> {
    const before = this.#added.get(bytes);
    if (before !== undefined) return before;
    const writer = await this.#room();
    const place = writer.add(bytes, checksumOf(bytes));
    this.#added.set(bytes, place);
    if (writer.waitingBytes >= WRITE_BYTES) await writer.write();
    return place;
  }

  /** The same for bytes that are nobody else's, and may change when this settles. */
  async addNow(bytes: Uint8Array): Promise<Place> {
    const writer = await this.#room();
    const place = writer.add(bytes, crc32(bytes));
    await writer.write();
    return place;
  }

  /** The record needs these parts, and those that it needed before no longer. */
  put(key: string, places: readonly Place[]): void {
    this.delete(key);
    if (places.length === 0) return;
    this.#places.set(key, places);
    for (const { file: number, offset, length } of places) {
      const file = this.#needed.get(number) ?? { uses: new Map(), bytes: 0, keys: new Set() };
      this.#needed.set(number, file);
      const uses = file.uses.get(offset) ?? 0;
      file.uses.set(offset, uses + 1);
      if (uses === 0) this.#count(file, length);
      file.keys.add(key);
    }
  }

  delete(key: string): void {
    const places = this.#places.get(key);
    if (places === undefined) return;
    this.#places.delete(key);
    for (const { file: number, offset, length } of places) {
      const file = present(this.#needed.get(number), 'a file that is needed is known');
      const uses = present(file.uses.get(offset), 'a part that is needed is known');
      file.keys.delete(key);
      if (uses > 1) {
        file.uses.set(offset, uses - 1);
      } else {
        file.uses.delete(offset);
        this.#count(file, -length);
      }
      if (file.uses.size === 0) this.#needed.delete(number);
    }
  }

  /** If the files of which something is needed hold too much: the one of which least is needed, and the keys of the records that need it. */
  get toMove(): { readonly file: number; readonly keys: readonly string[] } | undefined {
    let bytes = 0;
    for (const [file, length] of this.#known) if (this.#needed.has(file)) bytes += length;
    if (bytes <= 2 * this.#neededBytes + SURPLUS_BYTES) return undefined;
    let least: readonly [number, LargeFile] | undefined;
    for (const [number, file] of this.#needed) {
      if (this.#known.has(number) && (least === undefined || file.bytes < least[1].bytes))
        least = [number, file];
    }
    return least === undefined ? undefined : { file: least[0], keys: [...least[1].keys] };
  }

  /** Adds the part anew; where it lies then. @throws DamagedStateError */
  async move(place: Place): Promise<Place> {
    const from = `${place.file} ${place.offset}`;
    const before = this.#moved.get(from);
    if (before !== undefined) return before;
    const bytes = await this.#reader.read(place);
    if (bytes === undefined) throw new DamagedStateError(`what lies at ${from} is not what was stored`);
    const moved = await this.add(bytes);
    this.#moved.set(from, moved);
    return moved;
  }

  /** Everything that was added is in the files. */
  async write(): Promise<void> {
    this.#added.clear();
    this.#moved.clear();
    await this.#writer?.write();
  }

  /** Everything that was added is on stable storage. */
  async sync(): Promise<void> {
    await this.write();
    await this.#writer?.sync();
  }

  /** Files that are not needed any more: they may go once all that was put and deleted so far is on stable storage. */
  takeUnneeded(): readonly number[] {
    const unneeded = [...this.#known.keys()].filter((file) => !this.#needed.has(file));
    for (const file of unneeded) this.#known.delete(file);
    return unneeded;
  }

  async remove(files: readonly number[]): Promise<void> {
    for (const file of files) await removeLargeFile(this.#directory, file);
  }

  async close(): Promise<void> {
    await this.#reader.close();
    await this.#writer?.close();
  }

  /** The file that is written to, or a new one if it is full. */
  async #room(): Promise<LargeFileWriter> {
    const full = this.#writer;
    if (full !== undefined && full.length < FILE_BYTES) return full;
    await full?.sync();
    await full?.close();
    if (full !== undefined) this.#known.set(full.file, full.length);
    this.#writer = new LargeFileWriter(this.#directory, ++this.#lastFile);
    return this.#writer;
  }

  #count(file: LargeFile, bytes: number): void {
    file.bytes += bytes;
    this.#neededBytes += bytes;
  }
}
