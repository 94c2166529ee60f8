/** One open file. All calls are synchronous and throw the system's error (with its `code`) on failure. */
export interface OpenFile {
  /** In bytes. */
  size(): number;
  /** Fills `target` from `position` on; returns how many bytes there were, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): number;
  /** Writes all of it, with one system call where the system allows. */
  write(bytes: Uint8Array, position: number): void;
  /** Brings everything written, and the size, to stable storage (fdatasync). */
  sync(): void;
  close(): void;
}

/**
 * The little that the log wants of a file system, so that a simulated disk can stand in. Names are
 * durable only after `syncDirectory`, contents only after `OpenFile.sync`.
 */
export interface FileSystem {
  /** Makes the directory and its parents, for the owner alone, if it is not there. */
  makeDirectory(path: string): void;
  /** The names in a directory, sorted. */
  list(path: string): readonly string[];
  /** Makes a new, empty file for the owner alone; there must be none of that name. */
  create(path: string): OpenFile;
  /** Opens a file that is there, to read and write. */
  open(path: string): OpenFile;
  /** Atomic; replaces what bears the new name. */
  rename(from: string, to: string): void;
  remove(path: string): void;
  syncDirectory(path: string): void;
}
