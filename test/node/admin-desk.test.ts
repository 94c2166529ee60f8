import { expect, test } from 'vitest';
import { AdminDesk, type ClusterView } from '../../src/node/admin-desk.ts';
import { joinChanges } from '../../src/node/join-change.ts';
import { applyChange, bootstrapConfiguration, type Configuration } from '../../src/raft/configuration.ts';
import type { ReplicaStatus } from '../../src/replica/input.ts';
import type { ServerFrame } from '../../src/wire/client-frames.ts';

const FOUNDERS: Configuration = bootstrapConfiguration(
  [1, 2, 3].map((id) => ({ id, address: `h:${id}`, incarnation: `i${id}` })),
);
const JOIN = { kind: 'join', request: 7, address: 'h:4', incarnation: 'i4', replaces: undefined } as const;

function joined(configuration: Configuration): Configuration {
  const next = applyChange(configuration, { changes: joinChanges(configuration, JOIN), transition: 'auto' });
  if ('refused' in next) throw new Error(next.message);
  return next;
}

/** What a leader answers to a join; nothing may be proposed. */
function answer(view: Pick<ClusterView, 'active' | 'committed'>): Promise<ServerFrame> {
  const status = { id: 1, role: 'leader', leader: 1, members: [] } as unknown as ReplicaStatus;
  const desk = new AdminDesk({
    clusterId: 'c',
    cluster: () => ({ status, members: [], ...view }),
    ask: () => Promise.reject(new Error('proposed')),
  });
  return desk.serve(JOIN);
}

test('whoever asks again before its place is committed is told to ask later, not that its address is taken', async () => {
  const next = joined(FOUNDERS);
  const early = await answer({ active: next, committed: FOUNDERS });
  expect(early).toMatchObject({ kind: 'error', request: 7, code: 'TOO_BUSY', outcome: 'not-applied' });
  expect(await answer({ active: next, committed: next })).toMatchObject({ kind: 'placed', nodeId: 4 });
  await expect(answer({ active: FOUNDERS, committed: FOUNDERS })).rejects.toThrow('proposed');
});
