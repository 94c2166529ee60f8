import type { NodeConfig } from './config.ts';
import type { NodeStorages } from './storages.ts';

export async function openStorages(config: NodeConfig): Promise<NodeStorages> {
  throw new Error(`not yet ${config.id}`);
}
