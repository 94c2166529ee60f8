import type { NodeId } from '../src/base/flavor.ts';
import { ClusterError } from './cluster-error.ts';

/** Groups of nodes; two nodes can talk to each other when some group holds both. */
export type Groups = readonly (readonly NodeId[])[];

/**
 * Reads `1,2/3,4,5`. A node may stand in two groups and so bridge them (`1,2,3/3,4,5`); one that
 * stands in none is alone.
 */
export function parseGroups(text: string, ids: readonly NodeId[]): Groups {
  return text.split('/').map((group) => group.split(',').map((word) => parseMember(word.trim(), ids)));
}

function parseMember(word: string, ids: readonly NodeId[]): NodeId {
  const id = Number(word);
  if (word !== '' && ids.includes(id)) return id;
  throw new ClusterError('bad-request', `'${word}' is no node of this cluster; it has ${ids.join(', ')}`);
}

/** Those with whom `id` can no longer talk. */
export function cutFrom(id: NodeId, groups: Groups, ids: readonly NodeId[]): readonly NodeId[] {
  const reachable = new Set(groups.filter((group) => group.includes(id)).flat());
  return ids.filter((other) => other !== id && !reachable.has(other));
}

/** As it is written on the command line. */
export function describeGroups(groups: Groups): string {
  return groups.map((group) => group.join(',')).join('/');
}
