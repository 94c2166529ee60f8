import { statfs } from 'node:fs/promises';
import type { DiskRoom } from '../replica/input.ts';
import type { LogStorage } from '../storage/log-storage.ts';
import type { Alarm } from '../wire/client-frames.ts';
import type { NodeConfig } from './config.ts';
import type { EventLog } from './event-log.ts';

export interface SpaceWatchOptions {
  readonly directory: string;
  readonly log: LogStorage;
  readonly freeBytes: (directory: string) => Promise<number>;
  readonly reserveBytes: number;
  readonly pollMs: number;
  readonly events: EventLog;
  readonly onChange: (room: DiskRoom) => void;
}

/** The alarm ends when there is so much more than the reserve, so that it does not come and go. */
const ENOUGH = 1.25;

/**
 * Looks at the room on the disk, time and again: the node takes no more writes before the disk is full,
 * since then there is no room for anything, not even for deleting something (a LevelDB that lacks room
 * does not even open). The alarm ends by itself when there is room again.
 */
export class SpaceWatch {
  readonly #options: SpaceWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #room: DiskRoom = 'ample';
  #freeBytes = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(options: SpaceWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#look();
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  get room(): DiskRoom {
    return this.#room;
  }

  get alarm(): Alarm | undefined {
    if (this.#room === 'ample') return undefined;
    const { directory, reserveBytes } = this.#options;
    const message = `${this.#freeBytes} bytes are free for ${directory}, of ${reserveBytes} in reserve: no writes are taken`;
    return { code: 'NO_SPACE', message };
  }

  #next(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.#look().then(() => this.#next());
    }, this.#options.pollMs);
  }

  async #look(): Promise<void> {
    const { directory, log, freeBytes, reserveBytes, events, onChange } = this.#options;
    try {
      this.#freeBytes = await freeBytes(directory);
    } catch {
      // Where the system does not tell, the log still does.
    }
    const enoughBytes = this.#room === 'ample' ? reserveBytes : ENOUGH * reserveBytes;
    const room = log.isFull ? 'full' : this.#freeBytes < enoughBytes ? 'low' : 'ample';
    if (room === this.#room || this.#stopped) return;
    this.#room = room;
    const fields = { directory, freeBytes: this.#freeBytes, reserveBytes, room };
    if (room === 'ample') events.info('disk has room again', fields);
    else events.warn('disk out of room', fields);
    onChange(room);
  }
}

/** For the disk that a node's directory is on. */
export function watchSpace(
  { directory, limits }: NodeConfig,
  log: LogStorage,
  events: EventLog,
  onChange: (room: DiskRoom) => void,
): SpaceWatch {
  const { diskReserveBytes: reserveBytes, spacePollMs: pollMs } = limits;
  return new SpaceWatch({ directory, log, freeBytes: freeBytesAt, reserveBytes, pollMs, events, onChange });
}

/** What a process without privileges may still use of its file system. */
async function freeBytesAt(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
