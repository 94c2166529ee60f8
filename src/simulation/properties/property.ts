/**
 * What must hold after every turn of every node. One file each; each looks only at the node that
 * took the turn and at what is new in it, so that checking costs little.
 */
import type { Index, NodeId, Term } from '../../base/flavor.ts';
import type { Configuration } from '../../raft/configuration.ts';
import type { HardState, Position } from '../../raft/entry.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import type { Input } from '../../replica/input.ts';
import type { Output } from '../../replica/output.ts';

/** A node's log as a power cut at this moment would surely leave it. */
export interface DurableLog {
  readonly hardState: HardState;
  readonly base: Position;
  readonly lastIndex: Index;
  /** Undefined outside of `base.index` to `lastIndex`. */
  termAt(index: Index): Term | undefined;
  /** Whether it holds this entry, or knows that it did until that was damaged: then it votes as one that holds it. */
  knows(entry: Position): boolean;
  /** The durable state reflects the log up to here at least. */
  readonly stateIndex: Index;
}

/** Ids of nodes are below it. */
const NODES_MAX = 1024;

/** One number for a node in a term. */
export function keyInTerm(id: NodeId, term: Term): number {
  return term * NODES_MAX + id;
}

/** One number for a leader's link to a follower in a term. */
export function linkInTerm(leader: NodeId, term: Term, follower: NodeId): number {
  return keyInTerm(leader, term) * NODES_MAX + follower;
}

export interface ClusterView {
  /** Everyone there is, member or not. */
  readonly members: readonly NodeId[];
  durable(id: NodeId): DurableLog;
  /** Undefined while the node is down. */
  raft(id: NodeId): RaftInspection | undefined;
  /** Whether the node would answer reads by its lease, were it asked now. */
  holdsLease(id: NodeId): boolean;
  /** What the monotonic clock of the node says, up or down. */
  nowMs(id: NodeId): number;
}

/** One turn of one node, just after it and before anything that it asked for has begun. */
export interface TurnView {
  readonly id: NodeId;
  readonly raft: RaftInspection;
  /** What it took in. */
  readonly inputs: readonly Input[];
  readonly output: Output;
  readonly cluster: ClusterView;
}

export interface Property {
  readonly name: string;
  /** @throws Violation */
  afterTurn(turn: TurnView): void;
  /** The node came back with what its disk held. */
  restarted?(id: NodeId, raft: RaftInspection): void;
}

/** Whether they are a majority of the voters and, in a joint phase, of the outgoing ones too. */
export function isQuorum({ voters, outgoing }: Configuration, ids: readonly NodeId[]): boolean {
  return [voters, outgoing].every(
    (side) => side.length === 0 || 2 * side.filter((id) => ids.includes(id)).length > side.length,
  );
}
