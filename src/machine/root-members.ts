import type { ReadSpaces, RecordTree } from './record-tree.ts';

const SPACE = 'root';
const KEY = 'members';

/**
 * Who makes up the cluster, as the last such entry of the log says it: a record like any other, so
 * that it is stored, compared between nodes and sent with a snapshot. To the machines it is opaque.
 * Undefined before the first one.
 */
export function readMembers(spaces: ReadSpaces): Uint8Array | undefined {
  return spaces.space(SPACE).get<Uint8Array>(KEY);
}

export function writeMembers(tree: RecordTree, members: Uint8Array): void {
  tree.space(SPACE).put(KEY, members);
}
