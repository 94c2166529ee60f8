import type { Identity } from '../storage/identity.ts';
import type { LogStorage } from '../storage/log-storage.ts';
import type { StateStorage } from '../storage/state-storage.ts';
import type { NodeConfig } from './config.ts';
import { type EventLog, SILENT_LOG } from './event-log.ts';

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

/** From here on the log of a node that joined is there: were it missing later, it would be lost. */
export async function settleIn({ identity, saveIdentity }: NodeStorages): Promise<Identity> {
  const { joined } = identity;
  if (joined?.isNew !== true) return identity;
  const settled = { ...identity, joined: { ...joined, isNew: false } };
  await saveIdentity(settled);
  return settled;
}

/** Closes what can be closed; a storage that failed may fail again. */
export async function closeStorages(storages: NodeStorages, log: EventLog = SILENT_LOG): Promise<void> {
  for (const close of [() => storages.log.close(), () => storages.state.close(), () => storages.release()]) {
    try {
      await close();
    } catch (error) {
      log.warn('close failed', { message: error instanceof Error ? error.message : String(error) });
    }
  }
}
