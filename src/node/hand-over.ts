import type { NodeId } from '../base/flavor.ts';
import type { Replica } from '../replica/replica.ts';
import type { Reply } from '../replica/output.ts';
import type { ClientHub } from './client-hub.ts';
import type { EventLog } from './event-log.ts';
import { poll } from './poll.ts';

export interface HandOverOptions {
  readonly self: NodeId;
  readonly replica: Replica;
  readonly hub: ClientHub;
  /** Whom this node can send to now. */
  readonly up: () => readonly NodeId[];
  /** There is no use in going on. */
  readonly isOver: () => boolean;
  readonly log: EventLog;
}

/** So many voters may turn out to be about to stop, too. */
const ATTEMPTS_MAX = 3;

/**
 * Lets another voter lead, if this node does, so that nobody has to wait for an election (thesis,
 * section 3.10). It gives up when nobody is there to take over, as when all nodes stop at once.
 */
export async function handOver({ self, replica, hub, up, isOver, log }: HandOverOptions): Promise<void> {
  const hasSuccessor = (): boolean => {
    const peers = up();
    return replica.configuration.voters.some((id) => peers.includes(id));
  };
  for (let attempt = 0; attempt < ATTEMPTS_MAX && replica.leader === self && hasSuccessor(); attempt++) {
    const answer: { reply?: Reply } = {};
    void hub
      .ask((caller) => ({ kind: 'transfer', caller, to: undefined }))
      .then((reply) => (answer.reply = reply));
    while (answer.reply === undefined && !isOver() && hasSuccessor()) await poll();
    const { reply } = answer;
    if (reply?.kind === 'result') log.info('handed over', { leader: Number(reply.result) });
    else log.warn('not handed over', { reason: reply?.message ?? 'no other voter is there' });
  }
}
