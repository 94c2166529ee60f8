import type { NodeId } from '../../base/flavor.ts';
import type { AppendAccepted, VoteResponse } from '../../raft/message.ts';
import { claim } from '../violation.ts';
import type { DurableLog, Property, TurnView } from './property.ts';

/** A vote, one for oneself included, or an acknowledgement leaves a node only when what it tells is on the node's disk (Raft paper, figure 2). */
export class DurableBeforeAnswer implements Property {
  readonly name = 'durable before the answer';

  afterTurn({ id, output, cluster }: TurnView): void {
    for (const message of output.send) {
      if (message.kind === 'vote-response' && message.granted) this.#vote(id, message, cluster.durable(id));
      // Who asks for votes has voted for itself.
      if (message.kind === 'vote-request')
        this.#vote(id, { to: id, term: message.term }, cluster.durable(id));
      if (message.kind === 'append-accepted') this.#accepted(id, message, cluster.durable(id));
    }
  }

  #vote(id: NodeId, { to, term }: Pick<VoteResponse, 'to' | 'term'>, { hardState }: DurableLog): void {
    // Behind a higher term on disk no second vote can be cast in this one.
    const safe = hardState.term > term || (hardState.term === term && hardState.vote === to);
    claim(
      safe,
      this.name,
      () =>
        `node ${id} told node ${to} of its vote in term ${term}, but has term ${hardState.term} and vote ${hardState.vote} on disk`,
    );
  }

  #accepted(id: NodeId, { matchIndex, term, to }: AppendAccepted, durable: DurableLog): void {
    claim(
      durable.lastIndex >= matchIndex,
      this.name,
      () =>
        `node ${id} told node ${to} that it holds entry ${matchIndex}, but its disk ends at ${durable.lastIndex}`,
    );
    claim(
      durable.hardState.term >= term,
      this.name,
      () => `node ${id} accepted entries in term ${term} with term ${durable.hardState.term} on disk`,
    );
  }
}
