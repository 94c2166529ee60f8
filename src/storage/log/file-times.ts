import type { FileSystem, OpenFile } from './file-system.ts';
import type { LogWriteTimes } from './log-messages.ts';

/** A file system that notes how long its files take to write, and to bring that to stable storage. */
export class FileTimes {
  readonly fileSystem: FileSystem;
  #writeMs = 0;
  #syncMs = 0;

  constructor(fileSystem: FileSystem) {
    this.fileSystem = {
      ...fileSystem,
      create: (path) => this.#timed(fileSystem.create(path)),
      open: (path) => this.#timed(fileSystem.open(path)),
    };
  }

  /** All since it was last asked. */
  take(): LogWriteTimes {
    const times = { writeMs: this.#writeMs, syncMs: this.#syncMs };
    this.#writeMs = 0;
    this.#syncMs = 0;
    return times;
  }

  #timed(file: OpenFile): OpenFile {
    return {
      size: () => file.size(),
      read: (target, position) => file.read(target, position),
      close: () => file.close(),
      write: (bytes, position) => {
        const sinceMs = performance.now();
        file.write(bytes, position);
        this.#writeMs += performance.now() - sinceMs;
      },
      sync: () => {
        const sinceMs = performance.now();
        file.sync();
        this.#syncMs += performance.now() - sinceMs;
      },
    };
  }
}
