import type { Index, Term } from '../base/flavor.ts';
import type { Entry, Position } from './entry.ts';
import type { RepairRequest, RepairResponse } from './message.ts';
import type { RaftState } from './state.ts';

/**
 * A log of which a part is lost ("Protocol-Aware Recovery for Consensus-Based Storage", FAST '18).
 *
 * This node acknowledged entries that its disk does not hold any more; some of them may be committed
 * because of that. It must not forget that it had them: it would help to elect a leader without them.
 * So its log ends, for everything that it promises from now on, before the first lost entry, but it
 * votes as one whose log still goes up to the anchor, where it ended, and it does not campaign.
 *
 * Every lost entry is known by its index and its term, and that is all that makes an entry (log
 * matching; section 5.3 of the Raft paper): whoever has an entry of that index and term has the one
 * that was lost, whatever else its log holds. So each of the others may give what it has, the leader by
 * appending as it always does, and several damaged nodes help each other as long as each entry
 * survives on one of them. An entry of another term, from the leader, is a conflict like any other: the
 * lost entries were never committed, and are given up. The same goes for a snapshot.
 */
export interface DamagedLog {
  /** The end of the log as it was. */
  readonly anchor: Position;
  /** Entries that are left behind the first lost one, ascending. */
  readonly beyond: readonly Entry[];
  /** Where the terms of the log begin, ascending, from its base to the anchor. */
  readonly terms: readonly Position[];
}

/** What is known of the lost part of the log, until it is lost no more. */
export class Repair {
  readonly anchor: Position;
  readonly #terms: readonly Position[];
  readonly #beyond: Map<Index, Entry>;
  /** Until the others are asked again. */
  ticksLeft = 0;

  constructor({ anchor, beyond, terms }: DamagedLog) {
    this.anchor = anchor;
    this.#terms = terms;
    this.#beyond = new Map(beyond.map((entry) => [entry.index, entry]));
  }

  /** Whether the log that was damaged held an entry of this index and term. */
  had({ index, term }: Position): boolean {
    return index <= this.anchor.index && this.#termAt(index) === term;
  }

  /** Whether the leader has another entry where one was lost. */
  conflictsWith(entries: readonly Position[]): boolean {
    return entries.some((entry) => entry.index <= this.anchor.index && !this.had(entry));
  }

  entryAt(index: Index): Entry | undefined {
    return this.#beyond.get(index);
  }

  /** Takes entries that were lost. */
  found(entries: readonly Entry[]): void {
    for (const entry of entries) if (this.had(entry)) this.#beyond.set(entry.index, entry);
  }

  /** Those that follow `index` without a gap; they are not kept here any more. */
  takeBehind(index: Index): readonly Entry[] {
    const entries: Entry[] = [];
    for (
      let next = this.#beyond.get(index + 1);
      next !== undefined;
      next = this.#beyond.get(next.index + 1)
    ) {
      entries.push(next);
      this.#beyond.delete(next.index);
    }
    return entries;
  }

  /** The last place of the gap that begins behind `index`. */
  gapEnd(index: Index): Index {
    let last = index + 1;
    while (last < this.anchor.index && !this.#beyond.has(last + 1)) last += 1;
    return last;
  }

  #termAt(index: Index): Term | undefined {
    return this.#terms.findLast((start) => start.index <= index)?.term;
  }
}

/** Asks for what is lost: the leader, whose log counts, or everyone while there is none. */
export function tickRepair(state: RaftState, repair: Repair): void {
  repair.ticksLeft -= 1;
  if (repair.ticksLeft > 0) return;
  repair.ticksLeft = state.config.heartbeatTicks * REPAIR_HEARTBEATS;
  ask(state, repair);
}

/** A request that was lost, or found nobody who has the entry, is repeated after so many heartbeats. */
const REPAIR_HEARTBEATS = 2;

function ask(state: RaftState, repair: Repair): void {
  const first = state.log.lastIndex + 1;
  const last = repair.gapEnd(state.log.lastIndex);
  const others = state.leader === undefined ? state.membership.peersOf(state.id) : [state.leader];
  for (const to of others) {
    state.outbox.send({ kind: 'repair-request', ...state.envelope(to), first, last });
  }
}

/** Gives what this node truly holds. What is not on its disk yet is good enough: the entries are what they are. */
export function onRepairRequest(state: RaftState, { from, first, last }: RepairRequest): void {
  if (state.part.kind === 'leader') {
    // It gets them as it gets everything, once this leader knows that it does not have them.
    state.part.followers.get(from)?.lost(first);
    return;
  }
  const { appendEntriesMax, appendBytesMax } = state.config;
  const entries: Entry[] = [];
  let bytes = 0;
  // Below the base there is nothing to give, and there may be millions of places.
  const start = Math.max(first, state.log.base.index + 1);
  for (let index = start; index <= last && entries.length < appendEntriesMax; index++) {
    const entry = state.log.entryAt(index) ?? state.repair?.entryAt(index);
    if (entry === undefined) {
      if (index > state.lastPromised.index) break;
      continue;
    }
    bytes += entry.data.length;
    if (bytes > appendBytesMax && entries.length > 0) break;
    entries.push(entry);
  }
  if (entries.length === 0) return;
  state.outbox.send({ kind: 'repair-response', ...state.envelope(from), entries });
}

export function onRepairResponse(state: RaftState, { entries }: RepairResponse): void {
  const { repair, log } = state;
  if (repair === undefined) return;
  const before = log.lastIndex;
  repair.found(entries.filter(({ index }) => index > before));
  state.append(repair.takeBehind(before));
  // There may be more where that came from.
  if (state.repair !== undefined && log.lastIndex > before) ask(state, repair);
}
