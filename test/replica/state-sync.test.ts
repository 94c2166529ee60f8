import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { createKv } from '../../src/machine/kv/kv.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { createRoot } from '../../src/machine/root.ts';
import { bootstrapConfiguration } from '../../src/raft/configuration.ts';
import type { Input } from '../../src/replica/input.ts';
import { Replica } from '../../src/replica/replica.ts';
import { nodeConfig } from '../../src/simulation/node-config.ts';
import { drawSwarm } from '../../src/simulation/swarm.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { sha256Digest } from '../../src/wire/sha256-digest.ts';

test('the state is not synced again and again for a log that cannot get shorter', () => {
  const swarm = drawSwarm(new SeededRandom(1), { nodes: 1, faults: [] });
  const limits = { ...swarm.limits, logEntriesMax: 5, logEntriesKept: 20 };
  const replica = new Replica({
    config: nodeConfig(1, { ...swarm, limits }),
    root: createRoot([createKv()]),
    codec: msgpackCodec,
    digest: sha256Digest,
    random: new SeededRandom(1),
    restored: {
      hardState: { term: 0, vote: undefined },
      base: { index: 0, term: 0 },
      entries: [],
      tree: new RecordTree(),
      applied: { index: 0, term: 0 },
      configuration: bootstrapConfiguration([{ id: 1, address: '', incarnation: '' }]),
    },
  });
  let syncs = 0;
  let next: Input[] = [];
  for (let turn = 0; turn < 400; turn++) {
    const put = { kind: 'put', key: `k${turn}`, value: new Uint8Array(1), previous: false };
    const command = { machine: 'kv', body: put, session: undefined };
    const inputs: Input[] = [{ kind: 'tick' }, ...next];
    if (turn % 10 === 0) inputs.push({ kind: 'command', caller: turn, command });
    const output = replica.turn(inputs, { monotonicMs: turn, wallMs: turn });
    next = output.write === undefined ? [] : [{ kind: 'written', write: output.write.id }];
    if (!output.syncState) continue;
    syncs++;
    next.push({ kind: 'state-synced', index: replica.status().appliedIndex });
  }
  expect(replica.status().lastIndex - replica.status().firstIndex).toBe(19);
  // One for each entry, once there are more than are kept.
  expect(syncs).toBeLessThan(40);
});
