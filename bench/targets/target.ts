/** A store under load: the same few calls for Kvorum and for every peer. */
export interface Target {
  readonly name: string;
  /** Its server processes. */
  readonly pids: readonly number[];
  put(key: string, value: Uint8Array): Promise<void>;
  /** Linearizable. */
  get(key: string): Promise<void>;
  /** Tells every put under the prefix, from soon on; returns how to end that. */
  watch(prefix: string, onEvent: () => void): () => Promise<void>;
  /** SIGKILL to the node that leads; returns when that was, by `performance.now()`. */
  killLeader(): Promise<number>;
  /** The node that was killed comes back, and takes part again. */
  revive(): Promise<void>;
  /** Stops what was started and removes its data. */
  stop(): Promise<void>;
}
