import type { Random } from '../base/random.ts';
import type { FileSystem, OpenFile } from '../storage/log/file-system.ts';

const SECTOR_BYTES = 512;

/** What the disk answers to the calls that reach it; undefined lets a call succeed. */
export type DiskFault = (call: DiskCall) => 'ENOSPC' | 'EIO' | undefined;

export interface DiskCall {
  readonly kind: 'create' | 'write' | 'sync' | 'rename' | 'remove' | 'sync-directory';
  readonly path: string;
}

export interface MemoryDiskOptions {
  /** Consulted before each call that changes something. */
  readonly fault?: DiskFault;
  /** What a power cut leaves whole, one by one; 512 if it is left out. */
  readonly sectorBytes?: number;
}

/** A file apart from its names: what is read now, and what a power cut leaves for sure. */
interface Inode {
  current: Uint8Array;
  durable: Uint8Array;
  /** Sectors written since the last sync. */
  readonly dirty: Set<number>;
}

type NameChange =
  | { readonly kind: 'create'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string };

/**
 * A disk in memory, with what real ones do to those who do not sync: after a power cut each sector
 * that was written since the last sync is as it was or as it was to be, each on its own, and of the
 * changes of names since the last `syncDirectory` only the first few have happened.
 */
export class MemoryDisk implements FileSystem {
  readonly #fault: DiskFault;
  readonly #torn: number;
  readonly #directories = new Set<string>();
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];

  constructor(options: MemoryDiskOptions = {}) {
    this.#fault = options.fault ?? (() => undefined);
    this.#torn = options.sectorBytes ?? SECTOR_BYTES;
  }

  /** Cuts the power. Files that were open must not be used again. */
  crash(random: Random): void {
    const kept = random.integer(0, this.#nameChanges.length);
    for (const change of this.#nameChanges.slice(0, kept)) applyNameChange(this.#durableNames, change);
    this.#nameChanges = [];
    this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) tear(inode, random, this.#torn / SECTOR_BYTES);
  }

  /** The disk as it is, as another one: for images of crashes that did not happen to this one. */
  copy(options: MemoryDiskOptions = {}): MemoryDisk {
    const copies = new Map<Inode, Inode>();
    const copied = (inode: Inode): Inode => {
      const known = copies.get(inode);
      if (known !== undefined) return known;
      const { current, durable, dirty } = inode;
      const fresh = { current: current.slice(), durable: durable.slice(), dirty: new Set(dirty) };
      copies.set(inode, fresh);
      return fresh;
    };
    const disk = new MemoryDisk(options);
    for (const path of this.#directories) disk.#directories.add(path);
    for (const [path, inode] of this.#names) disk.#names.set(path, copied(inode));
    for (const [path, inode] of this.#durableNames) disk.#durableNames.set(path, copied(inode));
    disk.#nameChanges = this.#nameChanges.map((change) =>
      change.kind === 'create' ? { ...change, inode: copied(change.inode) } : change,
    );
    return disk;
  }

  /** Inverts one bit, as a disk does on its own. Bit 0 is the lowest of byte 0. */
  flipBit(path: string, bit: number): void {
    const inode = this.#inode(path);
    const at = Math.floor(bit / 8);
    for (const bytes of new Set([inode.current, inode.durable])) {
      const byte = bytes[at];
      if (byte !== undefined) bytes[at] = byte ^ (1 << (bit % 8));
    }
  }

  /** A copy of what a file holds now. */
  contents(path: string): Uint8Array {
    return this.#inode(path).current.slice();
  }

  makeDirectory(path: string): void {
    this.#directories.add(path);
  }

  list(path: string): readonly string[] {
    if (!this.#directories.has(path)) throw systemError('ENOENT', path);
    const prefix = `${path}/`;
    const names = [...this.#names.keys()].filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length)).toSorted();
  }

  create(path: string): OpenFile {
    this.#check({ kind: 'create', path });
    if (this.#names.has(path)) throw systemError('EEXIST', path);
    const inode: Inode = { current: new Uint8Array(), durable: new Uint8Array(), dirty: new Set() };
    this.#change({ kind: 'create', path, inode });
    return this.#file(path, inode);
  }

  open(path: string): OpenFile {
    return this.#file(path, this.#inode(path));
  }

  rename(path: string, to: string): void {
    this.#check({ kind: 'rename', path });
    this.#inode(path);
    this.#change({ kind: 'rename', path, to });
  }

  remove(path: string): void {
    this.#check({ kind: 'remove', path });
    this.#inode(path);
    this.#change({ kind: 'remove', path });
  }

  syncDirectory(path: string): void {
    this.#check({ kind: 'sync-directory', path });
    for (const change of this.#nameChanges) applyNameChange(this.#durableNames, change);
    this.#nameChanges = [];
  }

  #file(path: string, inode: Inode): OpenFile {
    return {
      size: () => inode.current.length,
      read: (target, position) => {
        const bytes = inode.current.subarray(position, position + target.length);
        target.set(bytes);
        return bytes.length;
      },
      write: (bytes, position) => {
        this.#check({ kind: 'write', path });
        write(inode, bytes, position);
      },
      sync: () => {
        this.#check({ kind: 'sync', path });
        sync(inode);
      },
      close: () => undefined,
    };
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  #change(change: NameChange): void {
    applyNameChange(this.#names, change);
    this.#nameChanges.push(change);
  }

  #check(call: DiskCall): void {
    const code = this.#fault(call);
    if (code !== undefined) throw systemError(code, `${call.kind} ${call.path}`);
  }
}

function applyNameChange(names: Map<string, Inode>, change: NameChange): void {
  if (change.kind === 'create') {
    names.set(change.path, change.inode);
    return;
  }
  const inode = names.get(change.path);
  names.delete(change.path);
  if (change.kind === 'rename' && inode !== undefined) names.set(change.to, inode);
}

function write(inode: Inode, bytes: Uint8Array, position: number): void {
  const end = position + bytes.length;
  if (end > inode.current.length) inode.current = extended(inode.current, end);
  inode.current.set(bytes, position);
  const last = Math.ceil(end / SECTOR_BYTES);
  for (let sector = Math.floor(position / SECTOR_BYTES); sector < last; sector++) inode.dirty.add(sector);
}

function sync(inode: Inode): void {
  if (inode.durable.length < inode.current.length) {
    inode.durable = extended(inode.durable, inode.current.length);
  }
  for (const sector of inode.dirty) copySector(inode.current, inode.durable, sector);
  inode.dirty.clear();
}

/** Sectors that lie in one block of the disk are kept or lost together. */
function tear(inode: Inode, random: Random, sectorsPerBlock: number): void {
  if (inode.current.length > inode.durable.length && random.chance(0.5)) {
    inode.durable = extended(inode.durable, inode.current.length);
  }
  const blocks = new Map<number, boolean>();
  for (const sector of inode.dirty) {
    const block = Math.floor(sector / sectorsPerBlock);
    const isKept = blocks.get(block) ?? random.chance(0.5);
    blocks.set(block, isKept);
    if (isKept) copySector(inode.current, inode.durable, sector);
  }
  inode.dirty.clear();
  inode.current = inode.durable.slice();
}

function copySector(from: Uint8Array, to: Uint8Array, sector: number): void {
  const start = sector * SECTOR_BYTES;
  if (start < to.length) to.set(from.subarray(start, Math.min(start + SECTOR_BYTES, to.length)), start);
}

function extended(bytes: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
