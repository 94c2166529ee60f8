import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../../src/base/errors.ts';
import type { NodeId } from '../../../src/base/flavor.ts';
import { connect } from '../../../src/client/client.ts';
import type { Client } from '../../../src/client/client.ts';
import { waitUntil } from '../../../cluster/wait-until.ts';
import type { FaultKind, Field } from './field.ts';
import { release, take } from './field.ts';
import { nameOf } from './process-faults.ts';

/** Behind all other faults of the round. */
const DONE_TIMEOUT_MS = 90_000;
const CALL_TIMEOUT_MS = 5_000;
const AGAIN_MS = 200;

function operator({ cluster }: Field): Client {
  return connect(cluster.endpoints, { name: 'operator', timeoutMs: CALL_TIMEOUT_MS });
}

/** Asks again, while the cluster has other troubles, until it is done or it is clear that it is not to be. */
async function insist<T>(what: string, act: () => Promise<T | undefined>): Promise<T> {
  let last: unknown;
  try {
    return await waitUntil({ what, timeoutMs: DONE_TIMEOUT_MS }, async () => {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        last = error;
        await sleep(AGAIN_MS);
        return undefined;
      }
    });
  } catch (error) {
    throw new Error(`${what}: ${String(error)}; the last answer was ${String(last)}`, { cause: error });
  }
}

/** The leadership is moved over and over. */
const transfers: FaultKind = {
  name: 'leader-transfers',
  scope: 'network', // it leaves every process as it is
  lastsMs: [2_000, 5_000],
  strike: (field, random) => {
    const client = operator(field);
    const pauseMs = random.integer(50, 1_000);
    let moved = 0;
    let ended = false;
    const isEnded = (): boolean => ended;
    const move = async (): Promise<void> => {
      while (!isEnded()) {
        try {
          await client.leader.transfer(random.chance(0.5) ? undefined : random.pick(field.cluster.ids));
          moved++;
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
        }
        await sleep(pauseMs);
      }
    };
    const moving = move();
    const heal = async (): Promise<void> => {
      ended = true;
      await moving;
      await client.close();
    };
    return { tells: `the leader moves every ${pauseMs} ms`, nodes: [], heal, fired: () => moved };
  },
};

/** A node is replaced by a new one with an empty disk; it may have died before. */
const replacement: FaultKind = {
  name: 'replaced-node',
  scope: 'node',
  lastsMs: [0, 1_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const dies = random.chance(0.5);
    const tells = `${nameOf(field, id)} is replaced${dies ? ', dead' : ''}`;
    if (dies) await field.cluster.kill(id);
    const joined = field.join({ replaces: id, wantsVote: true });
    joined.catch(() => undefined); // told when it is healed
    let done = 0;
    const heal = async (): Promise<void> => {
      const fresh = await joined;
      await untilRole(field, fresh, 'voter');
      await field.dismiss(id);
      done++;
      release(field, [id, fresh]);
    };
    return { tells, nodes: [id], heal, fired: () => done };
  },
};

/** A node is taken out, the leader among others, and another one comes in later. */
const removal: FaultKind = {
  name: 'removed-node',
  scope: 'node',
  lastsMs: [500, 3_000],
  strike: async (field, random) => {
    const id = take(field, random);
    if (id === undefined) return undefined;
    const tells = `${nameOf(field, id)} is removed`;
    const client = operator(field);
    let removed = 0;
    const removing = insist(`the removal of node ${id}`, async () => {
      const { members } = await client.members.list();
      if (members.some((member) => member.id === id)) await client.members.remove(id);
      return true;
    });
    removing.catch(() => undefined);
    const heal = async (): Promise<void> => {
      await removing;
      await client.close();
      await field.dismiss(id);
      removed++;
      const fresh = await field.join({ replaces: undefined, wantsVote: true });
      await untilRole(field, fresh, 'voter');
      release(field, [id, fresh]);
    };
    return { tells, nodes: [id], heal, fired: () => removed };
  },
};

/** One more node that only learns, and leaves again. */
const learner: FaultKind = {
  name: 'learner',
  scope: 'node',
  lastsMs: [1_000, 4_000],
  strike: (field) => {
    const joined = field.join({ replaces: undefined, wantsVote: false });
    joined.catch(() => undefined);
    let learnt = 0;
    const heal = async (): Promise<void> => {
      const id = await joined;
      await untilRole(field, id, 'learner');
      learnt++;
      const client = operator(field);
      await insist(`the removal of learner ${id}`, async () => {
        const { members } = await client.members.list();
        if (members.some((member) => member.id === id)) await client.members.remove(id);
        return true;
      });
      await client.close();
      await field.dismiss(id);
      release(field, [id]);
    };
    return { tells: 'one more learns', nodes: [], heal, fired: () => learnt };
  },
};

async function untilRole(field: Field, id: NodeId, role: 'voter' | 'learner'): Promise<void> {
  const client = operator(field);
  await insist(`node ${id} as a ${role}`, async () => {
    const { members, settled } = await client.members.list();
    const found = members.find((member) => member.id === id);
    if (found?.role === role && settled) return true;
    await sleep(AGAIN_MS);
    return undefined;
  });
  await client.close();
}

export const MEMBER_FAULTS: readonly FaultKind[] = [transfers, replacement, removal, learner];
