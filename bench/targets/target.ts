/** Something under load: a store, or what stands for one. */
export interface Target {
  readonly name: string;
  /** Its server processes. */
  readonly pids: readonly number[];
  /** Where they keep their data; undefined if they keep none. */
  readonly directory: string | undefined;
  /** Ready for calls when it settles. */
  start(): Promise<void>;
  put(key: string, value: Uint8Array): Promise<void>;
  /** As linearizable as it offers. */
  get(key: string): Promise<void>;
  /** Stops what was started, however far it came, and removes its data. */
  stop(): Promise<void>;
}

/** A store of several nodes, of which one leads. */
export interface StoreTarget extends Target {
  readonly directory: string;
  /** SIGKILL to the node that leads; returns when that was, by `performance.now()`. */
  killLeader(): Promise<number>;
  /** The node that was killed comes back, and takes part again. */
  revive(): Promise<void>;
}

/** A store that tells of changes. */
export interface WatchableTarget extends StoreTarget {
  /** Tells every put under the prefix, from soon on; returns how to end that. */
  watch(prefix: string, onEvent: () => void): () => Promise<void>;
}
