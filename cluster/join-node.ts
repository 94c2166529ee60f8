import type { NodeId } from '../src/base/flavor.ts';
import { connect } from '../src/client/client.ts';
import { identityOfPlace } from '../src/node/join-directory.ts';
import { drawIncarnation, writeIdentity } from '../src/storage/identity.ts';
import type { NodePlace } from './cluster-file.ts';
import type { LocalCluster } from './local-cluster.ts';

export interface JoinOptions {
  /** It is to have a vote as soon as it has caught up… */
  readonly wantsVote: boolean;
  /** …and to take the place of this one then. */
  readonly replaces?: NodeId | undefined;
  readonly timeoutMs: number;
  /** Where it is to be, instead of on the next free port. */
  readonly place?: Omit<NodePlace, 'id'>;
  /** Called with its id before anything is put into its directory. */
  readonly prepare?: (id: NodeId) => Promise<void>;
}

/**
 * Starts one more node of a local cluster. The cluster gives it an id first, by which its directory is
 * named; the node catches up and asks for its vote by itself. Returns its id.
 *
 * @throws StoreError whatever the cluster refuses it with
 */
export async function joinNode(cluster: LocalCluster, options: JoinOptions): Promise<NodeId> {
  const { wantsVote, replaces, timeoutMs } = options;
  const place = options.place ?? { address: `127.0.0.1:${await cluster.freePort()}` };
  const { address } = place;
  const incarnation = drawIncarnation();
  await using client = connect(cluster.endpoints, { name: 'kvorum cluster', timeoutMs });
  const granted = await client.members.join({ address, incarnation, replaces });
  const { id } = granted;
  await options.prepare?.(id);
  const identity = identityOfPlace(granted, { address, incarnation, wantsVote, replaces });
  await writeIdentity(cluster.directory.dataPath(id), identity);
  cluster.adopt({ id, ...place });
  await cluster.start([id]);
  return id;
}
