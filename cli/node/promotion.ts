/** What a node that joined does until it has its vote: it asks for it, and says how far it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../src/base/errors.ts';
import { type Client, connect } from '../../src/client/client.ts';
import type { EventLog } from '../../src/node/event-log.ts';
import type { RunningNode } from '../../src/node/node.ts';
import type { MemberReport } from '../../src/wire/admin-frames.ts';
import { CatchUp } from '../member/catch-up.ts';

const ASK_MS = 200;
const TELL_MS = 2_000;
const TIMEOUT_MS = 5_000;

/** Settles when the node has its vote, does not want it any longer, or has stopped. */
export async function seekVote(node: RunningNode, log: EventLog): Promise<void> {
  const client = connect([node.address, ...node.members.map(({ address }) => address)], {
    name: 'kvorum node --join',
    timeoutMs: TIMEOUT_MS,
  });
  const stopped = node.stopped.then(() => 'stopped' as const);
  const progress = new CatchUp();
  let toldMs = -Infinity;
  let trouble: string | undefined;
  try {
    while (node.wish !== undefined) {
      const report = await reportOf(client, node.status().nodeId);
      const isDue = performance.now() - toldMs >= TELL_MS;
      if (report?.progress !== undefined && isDue) {
        toldMs = performance.now();
        log.info('catching up', progress.fields(report.progress));
      }
      const error = report?.progress?.state === 'replicate' ? await ask(client, node) : undefined;
      if (error !== undefined && error.code !== 'LEARNER_BEHIND' && error.message !== trouble) {
        trouble = error.message;
        log.warn('no vote yet', { code: error.code, message: error.message, advice: error.advice });
      }
      if ((await Promise.race([stopped, sleep(ASK_MS)])) === 'stopped') return;
    }
    log.info('voting');
  } finally {
    await client.close();
  }
}

/** How far the leader says that this node is. */
async function reportOf(client: Client, id: number): Promise<MemberReport | undefined> {
  try {
    const { members } = await client.members.list();
    return members.find((member) => member.id === id);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

async function ask(client: Client, node: RunningNode): Promise<StoreError | undefined> {
  const id = node.status().nodeId;
  const { wish } = node;
  if (wish === undefined) return undefined;
  const { replaces } = wish;
  try {
    const isThere = replaces !== undefined && node.members.some((member) => member.id === replaces);
    if (isThere) await client.members.replace(replaces, id);
    else await client.members.promote(id);
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}
