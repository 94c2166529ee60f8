import { connect } from '../../src/client/client.ts';
import type { LocalCluster } from '../../cluster/local-cluster.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import { CatchUp } from '../member/catch-up.ts';
import { note } from '../output.ts';

const TELL_MS = 1_000;
const LIST_TIMEOUT_MS = 2_000;

/** Waits until a new node has its vote, and says meanwhile how far it is. */
export async function untilVoting(cluster: LocalCluster, id: number, timeoutMs: number): Promise<void> {
  await using client = connect(cluster.endpoints, { name: 'kvorum cluster', timeoutMs: LIST_TIMEOUT_MS });
  const progress = new CatchUp();
  let toldMs = performance.now();
  await waitUntil({ what: `a vote of node ${id}`, timeoutMs }, async () => {
    cluster.requireLiving(id);
    const { settled, members } = await client.members.list();
    const found = members.find((member) => member.id === id);
    if (settled && found?.role === 'voter') return true;
    if (found?.progress !== undefined && performance.now() - toldMs >= TELL_MS) {
      toldMs = performance.now();
      note(`n${id}: ${progress.words(found.progress)}`);
    }
    return undefined;
  });
}
