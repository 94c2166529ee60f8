import type { NodeId, Term } from '../../base/flavor.ts';
import { claim } from '../violation.ts';
import { isQuorum, keyInTerm, type Property, type TurnView } from './property.ts';

/** Who leads a term was voted for in that very term by a majority of its configuration (Raft paper, section 5.2). */
export class ElectedByMajority implements Property {
  readonly name = 'elected by a majority';
  /** Who voted for a candidate in a term; by both. */
  readonly #voters = new Map<number, Set<NodeId>>();
  readonly #led = new Map<NodeId, Term>();

  afterTurn({ id, raft, output }: TurnView): void {
    for (const message of output.send) {
      if (message.kind === 'vote-response' && message.granted)
        this.#votersOf(message.to, message.term).add(id);
    }
    if (raft.role !== 'leader' || this.#led.get(id) === raft.term) return;
    this.#led.set(id, raft.term);
    const voters = this.#votersOf(id, raft.term).add(id);
    claim(
      isQuorum(raft.configuration, [...voters]),
      this.name,
      () =>
        `node ${id} leads term ${raft.term} with the votes of ${[...voters].join(', ')} of ${raft.configuration.voters.length} voters`,
    );
  }

  #votersOf(candidate: NodeId, term: Term): Set<NodeId> {
    const key = keyInTerm(candidate, term);
    let voters = this.#voters.get(key);
    if (voters === undefined) this.#voters.set(key, (voters = new Set<NodeId>()));
    return voters;
  }
}
