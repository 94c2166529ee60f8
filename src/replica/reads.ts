import type { Index, NodeId } from '../base/flavor.ts';
import type { QueryOutcome } from '../machine/root.ts';
import type { Raft } from '../raft/raft.ts';
import type { Ready } from '../raft/ready.ts';
import type { ReplicaConfig } from './config.ts';
import { Freshness } from './freshness.ts';
import type { QueryInput } from './input.ts';
import type { Reply } from './output.ts';
import { notLeader } from './pending-commands.ts';
import { PendingQueries } from './pending-queries.ts';

/** A query that may be answered from the state now. */
export interface DueQuery {
  readonly query: QueryInput;
  /** How old the answer may have been at most when the query came, in ms; undefined: nobody knows. */
  readonly staleMs: number | undefined;
}

/**
 * The queries of a node, from their coming to the moment when its state may answer them: at once if
 * any age will do, or if the state is known to be young enough; otherwise once a read index, asked
 * for after they came, is applied. The leader finds its index itself, every other node asks it.
 */
export class Reads {
  readonly #config: ReplicaConfig;
  readonly #raft: Raft;
  readonly #pending: PendingQueries;
  readonly #freshness: Freshness;
  #toConfirm: QueryInput[] = [];
  #stale: QueryInput[] = [];

  constructor(config: ReplicaConfig, raft: Raft) {
    this.#config = config;
    this.#raft = raft;
    this.#pending = new PendingQueries(config.pendingQueriesMax, config.raft.readTicksMax);
    this.#freshness = new Freshness(config.raft.clockDriftMax);
  }

  /** A query came; gives its refusal, if it is refused. */
  take(query: QueryInput, nowMs: number): Reply | undefined {
    if (query.consistency === 'stale' && this.#isFreshFor(query, nowMs)) {
      this.#stale.push(query);
    } else if (this.#pending.room <= this.#toConfirm.length) {
      return this.#busy(query, `${this.#config.pendingQueriesMax} queries wait already`);
    } else {
      this.#toConfirm.push(query);
    }
    return undefined;
  }

  /** One read of Raft for all queries of the turn that ask for the same; gives refusals. */
  ask(nowMs: number): readonly Reply[] {
    if (this.#toConfirm.length === 0) return [];
    const queries = this.#toConfirm;
    this.#toConfirm = [];
    const lease = queries.filter(({ consistency }) => consistency === 'lease');
    const others = queries.filter(({ consistency }) => consistency !== 'lease');
    return [...this.#ask(lease, { lease: true }, nowMs), ...this.#ask(others, { lease: false }, nowMs)];
  }

  /** One tick passed; gives the answers to those who have waited for too long. */
  tick(): readonly Reply[] {
    const lagging = 'this node did not reach in time what the leader has committed';
    return this.#pending.tick().map((query) => this.#unconfirmed(query, lagging));
  }

  /** The end of a turn: what Raft confirmed and refused, and how far the state has come. */
  confirm({ reads, abortedReads }: Ready): readonly Reply[] {
    if (reads.length === 0 && abortedReads.length === 0) return [];
    for (const read of reads) this.#pending.confirmed(read);
    const refused = abortedReads.flatMap((read) => this.#pending.abort(read));
    return refused.map((query) => this.#unconfirmed(query, 'the leader did not confirm the read in time'));
  }

  /** The queries that the state, as of `applied`, may answer now. */
  takeDue(applied: Index, nowMs: number): readonly DueQuery[] {
    const { queries, asOfMs } = this.#pending.takeAnswerable(applied);
    if (asOfMs !== undefined) this.#freshness.confirmed(asOfMs);
    if (queries.length === 0 && this.#stale.length === 0) return [];
    const staleMs = this.#freshness.staleMs(nowMs);
    const stale = this.#stale;
    this.#stale = [];
    const confirmed = queries.map((query) => ({ query, staleMs: 0 }));
    return [...confirmed, ...stale.map((query) => ({ query, staleMs }))];
  }

  #ask(queries: readonly QueryInput[], how: { readonly lease: boolean }, nowMs: number): readonly Reply[] {
    if (queries.length === 0) return [];
    const read = this.#pending.ask(queries, how.lease ? undefined : nowMs);
    const asked = this.#raft.readIndex(read, how);
    if (asked.kind === 'accepted') return [];
    this.#pending.abort(read);
    if (asked.code === 'NO_LEADER') return queries.map(({ caller }) => notLeader(caller, undefined));
    return queries.map((query) => this.#busy(query, 'too many reads wait for the leader'));
  }

  #isFreshFor({ maxStaleMs }: QueryInput, nowMs: number): boolean {
    if (maxStaleMs === undefined) return true;
    const staleMs = this.#freshness.staleMs(nowMs);
    return staleMs !== undefined && staleMs <= maxStaleMs;
  }

  #busy({ caller }: QueryInput, message: string): Reply {
    return { kind: 'error', caller, code: 'TOO_BUSY', message, leader: this.#raft.leader };
  }

  #unconfirmed({ caller }: QueryInput, message: string): Reply {
    const { leader } = this.#raft;
    if (leader === undefined) return notLeader(caller, leader);
    return { kind: 'error', caller, code: 'READ_UNCONFIRMED', message, leader };
  }
}

/** What the machines say to a query, for whoever asked. */
export function queryReply(
  { caller }: QueryInput,
  outcome: QueryOutcome,
  index: Index,
  staleMs: number | undefined,
  leader: NodeId | undefined,
): Reply {
  if (outcome.kind === 'answered') {
    const { result, revision } = outcome;
    return { kind: 'result', caller, result, revision, index, staleMs };
  }
  const { code, message } = outcome;
  return { kind: 'error', caller, code, message, leader };
}
