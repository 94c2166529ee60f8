import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ShimmedDisk } from './fault-shim.ts';
import { shimEnvironment } from './shim-environment.ts';

/** Faults of the disk of one node as its own process makes them, where neither root nor `strace` is there. */
export class InjectedDisk {
  readonly #path: string;
  readonly #countsPath: string;

  constructor(folder: string, name: string) {
    this.#path = join(folder, `${name}.disk`);
    this.#countsPath = join(folder, `${name}.disk-counts`);
    this.set({});
  }

  /** What the process of the node must be started with. */
  get environment(): Readonly<Record<string, string>> {
    return { ...shimEnvironment(), KVORUM_DISK_FILE: this.#path };
  }

  /** What is wrong with it from now on; nothing, to heal it. */
  set(faults: Omit<ShimmedDisk, 'countsPath'>): void {
    const draft = `${this.#path}.draft`;
    writeFileSync(draft, JSON.stringify({ ...faults, countsPath: this.#countsPath }));
    renameSync(draft, this.#path);
  }

  /** How often a fault did something, since ever. */
  get hits(): number {
    return existsSync(this.#countsPath) ? readFileSync(this.#countsPath, 'utf8').split('\n').length - 1 : 0;
  }
}
