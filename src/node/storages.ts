import type { Identity } from '../storage/identity.ts';
import type { LogStorage } from '../storage/log-storage.ts';
import type { StateStorage } from '../storage/state-storage.ts';
import type { NodeConfig } from './config.ts';

/** All that a node keeps. */
export interface NodeStorages {
  readonly identity: Identity;
  readonly log: LogStorage;
  readonly state: StateStorage;
  /** Durable when it settles. */
  saveIdentity(identity: Identity): Promise<void>;
  /** Lets another process use the directory; the log and the state are closed by then. */
  release(): Promise<void>;
}

export type OpenStorages = (config: NodeConfig) => Promise<NodeStorages>;
