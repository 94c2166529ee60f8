import type { Index, NodeId, Term } from '../base/flavor.ts';
import type { Configuration } from './configuration.ts';
import type { Entry, Position } from './entry.ts';
import { holdsLease } from './reads.ts';
import type { RaftState } from './state.ts';

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** For checkers and tests: a look at everything as it is at the moment of looking, never to be changed. */
export interface RaftInspection {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly leader: NodeId | undefined;
  readonly commitIndex: Index;
  /** Highest entry handed out as committed. */
  readonly appliedIndex: Index;
  /** Entries up to here are on this node's disk. */
  readonly stableIndex: Index;
  readonly base: Position;
  /** From `base.index + 1` on; who wants one of them asks for that. */
  readonly entries: readonly Entry[];
  readonly lastIndex: Index;
  /** Undefined where the log does not reach, or reaches no more. */
  entryAt(index: Index): Entry | undefined;
  termAt(index: Index): Term | undefined;
  /** How far a leader takes this follower's log to match its own; undefined at the others, and of others. */
  matchOf(follower: NodeId): Index | undefined;
  /** Whether this leader may answer reads without asking anyone. */
  readonly holdsLease: boolean;
  /** The same for when the node's clock will say this. */
  holdsLeaseAt(monotonicMs: number): boolean;
  /** The one that counts, and the place from which on it holds. */
  readonly configuration: Configuration;
  readonly configurationIndex: Index;
}

/** A window onto the state: it is asked after every turn of a simulation, so it copies nothing. */
export class Inspection implements RaftInspection {
  readonly #state: RaftState;

  constructor(state: RaftState) {
    this.#state = state;
  }

  get id(): NodeId {
    return this.#state.id;
  }

  get role(): Role {
    return this.#state.part.kind;
  }

  get term(): Term {
    return this.#state.term;
  }

  get vote(): NodeId | undefined {
    return this.#state.vote;
  }

  get leader(): NodeId | undefined {
    return this.#state.leader;
  }

  get commitIndex(): Index {
    return this.#state.commitIndex;
  }

  get appliedIndex(): Index {
    return this.#state.appliedIndex;
  }

  get stableIndex(): Index {
    return this.#state.writer.stableIndex;
  }

  get base(): Position {
    return this.#state.log.base;
  }

  get entries(): readonly Entry[] {
    return this.#state.log.entries;
  }

  get lastIndex(): Index {
    return this.#state.log.lastIndex;
  }

  entryAt(index: Index): Entry | undefined {
    return this.#state.log.entryAt(index);
  }

  termAt(index: Index): Term | undefined {
    return this.#state.log.termAt(index);
  }

  get holdsLease(): boolean {
    const { part } = this.#state;
    return part.kind === 'leader' && holdsLease(this.#state, part, this.#state.clock.nowMs);
  }

  holdsLeaseAt(monotonicMs: number): boolean {
    const { part, clock } = this.#state;
    return part.kind === 'leader' && holdsLease(this.#state, part, clock.at(monotonicMs));
  }

  matchOf(follower: NodeId): Index | undefined {
    const { part } = this.#state;
    return part.kind === 'leader' ? part.followers.get(follower)?.matchIndex : undefined;
  }

  get configuration(): Configuration {
    return this.#state.configuration.configuration;
  }

  get configurationIndex(): Index {
    return this.#state.configuration.index;
  }
}
