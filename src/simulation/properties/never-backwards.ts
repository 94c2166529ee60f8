import type { Index, NodeId, Term } from '../../base/flavor.ts';
import type { Message } from '../../raft/message.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import { claim } from '../violation.ts';
import type { ClusterView, Property, TurnView } from './property.ts';

interface Seen {
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly commitIndex: Index;
  readonly appliedIndex: Index;
}

/** What binds its sender to whoever leads the term. An answer to a heartbeat tells only what was so when it came. */
const PROMISES: ReadonlySet<Message['kind']> = new Set(['append-accepted', 'vote-response']);

/**
 * Term, commit index and applied index of a node never go back while it runs, and a vote does not
 * change within its term; what its disk says never goes back at all. Nothing that it promised in an
 * earlier term is said once it is in a later one.
 */
export class NeverBackwards implements Property {
  readonly name = 'never backwards';
  readonly #seen = new Map<NodeId, Seen>();
  readonly #durable = new Map<NodeId, { readonly term: Term; readonly vote: NodeId | undefined }>();

  afterTurn({ id, raft, output, cluster }: TurnView): void {
    this.#checkPromises(id, output.send);
    this.#compare(id, raft);
    this.#compareDurable(id, cluster);
  }

  /** What was only in memory may be lost; what was on disk is there again. */
  restarted(id: NodeId, raft: RaftInspection): void {
    const before = this.#durable.get(id);
    const kept = before === undefined || raft.term >= before.term;
    claim(kept, this.name, () => `node ${id} came back with term ${raft.term} after ${before?.term}`);
    const sameVote = before?.vote === undefined || raft.term > before.term || raft.vote === before.vote;
    claim(sameVote, this.name, () => `node ${id} came back without its vote for ${before?.vote}`);
    this.#seen.delete(id);
    this.#compare(id, raft);
  }

  #compare(id: NodeId, raft: RaftInspection): void {
    const before = this.#seen.get(id);
    const { term, vote, commitIndex, appliedIndex } = raft;
    this.#seen.set(id, { term, vote, commitIndex, appliedIndex });
    if (before === undefined) return;
    const went = (what: string, from: number, to: number) => (): string =>
      `${what} of node ${id}: ${from}, then ${to}`;
    claim(term >= before.term, this.name, went('the term', before.term, term));
    claim(
      commitIndex >= before.commitIndex,
      this.name,
      went('the commit index', before.commitIndex, commitIndex),
    );
    claim(
      appliedIndex >= before.appliedIndex,
      this.name,
      went('the applied index', before.appliedIndex, appliedIndex),
    );
    const sameVote = term > before.term || before.vote === undefined || vote === before.vote;
    claim(
      sameVote,
      this.name,
      () => `node ${id} changed its vote in term ${term} from ${before.vote} to ${vote}`,
    );
  }

  /** One that is on the disk just before the node hears of a later term may leave with the same turn. */
  #checkPromises(id: NodeId, sent: readonly Message[]): void {
    const before = this.#seen.get(id)?.term ?? 0;
    for (const { kind, term } of sent) {
      claim(
        !PROMISES.has(kind) || term >= before,
        this.name,
        () => `node ${id}, in term ${before} since an earlier turn, says ${kind} of term ${term}`,
      );
    }
  }

  #compareDurable(id: NodeId, cluster: ClusterView): void {
    const { term, vote } = cluster.durable(id).hardState;
    const before = this.#durable.get(id);
    if (before?.term === term && before.vote === vote) return;
    this.#durable.set(id, { term, vote });
    if (before === undefined) return;
    claim(
      term >= before.term,
      this.name,
      () => `the disk of node ${id} went from term ${before.term} to ${term}`,
    );
    const sameVote = term > before.term || before.vote === undefined || vote === before.vote;
    claim(sameVote, this.name, () => `the disk of node ${id} changed its vote in term ${term}`);
  }
}
