import type { Index } from '../../base/flavor.ts';
import type { AppendAccepted, Message } from '../../raft/message.ts';
import { claim } from '../violation.ts';
import { linkInTerm, type Property, type TurnView } from './property.ts';

/**
 * What a follower acknowledges is what the leader of that term sent it, or what it knows to be
 * committed, and at its end it is the entry that the leader has there: what else its log holds proves
 * nothing (Raft paper, section 5.3; CCF, inaccurate acknowledgements).
 */
export class AcknowledgedIsSent implements Property {
  readonly name = 'acknowledged is sent';
  /** By leader, term and follower: the highest index that was sent. */
  readonly #sent = new Map<number, Index>();

  afterTurn(turn: TurnView): void {
    for (const message of turn.output.send) {
      const last = lastSentBy(message);
      if (last !== undefined) {
        const key = linkInTerm(message.from, message.term, message.to);
        if (last > (this.#sent.get(key) ?? -1)) this.#sent.set(key, last);
      }
      if (message.kind === 'append-accepted') this.#check(turn, message);
    }
  }

  #check({ id, raft, cluster }: TurnView, { to, term, matchIndex }: AppendAccepted): void {
    const sent = this.#sent.get(linkInTerm(to, term, id)) ?? 0;
    claim(
      matchIndex <= Math.max(sent, raft.commitIndex),
      this.name,
      () =>
        `node ${id} told node ${to} in term ${term} that it holds entry ${matchIndex}; it was sent entries up to ${sent}`,
    );
    const leader = cluster.raft(to);
    if (leader?.role !== 'leader' || leader.term !== term || raft.term !== term) return;
    const held = raft.termAt(matchIndex);
    const led = leader.termAt(matchIndex);
    claim(
      held === led || held === undefined || led === undefined,
      this.name,
      () =>
        `node ${id} told node ${to} that it holds entry ${matchIndex}: its own is of term ${held}, the leader's of term ${led}`,
    );
  }
}

/** The highest index of the log that a leader's message brings or asks about. */
function lastSentBy(message: Message): Index | undefined {
  if (message.kind === 'append-request') return message.previous.index + message.entries.length;
  return message.kind === 'snapshot-request' ? message.snapshot.index : undefined;
}
