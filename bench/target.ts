/** A store under load: the same few calls for Kvorum and for every peer. */
export interface Target {
  readonly name: string;
  put(key: string, value: Uint8Array): Promise<void>;
  /** Linearizable. */
  get(key: string): Promise<void>;
  /** Stops what was started and removes its data. */
  stop(): Promise<void>;
}
