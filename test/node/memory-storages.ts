/** Storages that live as long as the test, for tests of what surrounds them. */
import { present } from '../../src/base/assert.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import type { RecordChanges } from '../../src/machine/records.ts';
import type { NodeConfig } from '../../src/node/config.ts';
import type { NodeStorages } from '../../src/node/storages.ts';
import type { Entry, HardState, Position } from '../../src/raft/entry.ts';
import type { LogWrite } from '../../src/raft/ready.ts';
import type { StagedChange } from '../../src/replica/output.ts';
import type { Identity } from '../../src/storage/identity.ts';
import type { LogContents, LogStorage } from '../../src/storage/log-storage.ts';
import type { StateContents, StateStorage } from '../../src/storage/state-storage.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { PACKING } from '../contract/stored-records.ts';

export class MemoryLog implements LogStorage {
  /** The next writes fail with this. */
  failure: Error | undefined;
  isFull = false;
  #delay: Promise<void> | undefined;
  #hardState: HardState = { term: 0, vote: undefined };
  #base: Position = { index: 0, term: 0 };
  #entries: Entry[] = [];

  open(): Promise<LogContents> {
    return Promise.resolve({ hardState: this.#hardState, base: this.#base, entries: [...this.#entries] });
  }

  async write({ hardState, reset, truncateFrom, entries, compactTo }: LogWrite): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    await this.#delay;
    this.#hardState = hardState ?? this.#hardState;
    if (reset !== undefined) [this.#base, this.#entries] = [reset, []];
    if (truncateFrom !== undefined) this.#entries = this.#entries.filter(({ index }) => index < truncateFrom);
    this.#entries.push(...entries);
    if (compactTo !== undefined) {
      const { index, term } = present(
        this.#entries.find((entry) => entry.index === compactTo),
        'it is in the log',
      );
      this.#base = { index, term };
      this.#entries = this.#entries.filter((entry) => entry.index > compactTo);
    }
  }

  /** Writes wait until what is returned is called. */
  block(): () => void {
    const gate: { open: () => void } = { open: () => undefined };
    this.#delay = new Promise((resolve) => (gate.open = resolve));
    return gate.open;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export class MemoryState implements StateStorage {
  failure: Error | undefined;
  #records = new Map<string, unknown>();
  #staged = new Map<string, unknown>();
  #applied: Position = { index: 0, term: 0 };

  open(): Promise<StateContents> {
    const records = [...this.#records].sort(([left], [right]) => (left < right ? -1 : 1));
    const tree = RecordTree.untracked(PACKING);
    for (const [key, value] of records) tree.put(key, value);
    return Promise.resolve({ tree, applied: this.#applied, setAside: undefined });
  }

  write(changes: RecordChanges, applied: Position): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    for (const { key, value } of changes) {
      if (value === undefined) this.#records.delete(key);
      else this.#records.set(key, value);
    }
    this.#applied = applied;
    return Promise.resolve();
  }

  sync(): Promise<void> {
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }

  stage(changes: readonly StagedChange[]): Promise<void> {
    for (const { key, encoded } of changes) {
      if (encoded === undefined) this.#staged.delete(key);
      else this.#staged.set(key, msgpackCodec.decode(encoded));
    }
    return Promise.resolve();
  }

  discardStage(): Promise<void> {
    this.#staged.clear();
    return Promise.resolve();
  }

  replace(applied: Position): Promise<void> {
    this.#records = this.#staged;
    this.#staged = new Map();
    this.#applied = applied;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What a directory would hold: it outlives the node. */
export class MemoryDirectory {
  readonly log: MemoryLog = new MemoryLog();
  readonly state: MemoryState = new MemoryState();
  identity: Identity | undefined;

  readonly open = ({ id, clusterId, address }: NodeConfig): Promise<NodeStorages> => {
    this.identity ??= {
      clusterId,
      nodeId: id,
      address,
      incarnation: crypto.randomUUID(),
      peers: undefined,
      joined: undefined,
      removed: false,
    };
    return Promise.resolve({
      identity: this.identity,
      log: this.log,
      state: this.state,
      saveIdentity: (identity) => {
        this.identity = identity;
        return Promise.resolve();
      },
      release: () => Promise.resolve(),
    });
  };
}
