import { present } from '../base/assert.ts';
import type { Index, Term } from '../base/flavor.ts';
import type { Raft } from '../raft/raft.ts';
import type { Now } from './input.ts';
import { LogClock } from './log-clock.ts';

/** What a leader holds only while it leads. */
interface Leading {
  readonly term: Term;
  /** Undefined until an entry of the leader's own term is applied: only then does it serve. */
  clock: LogClock | undefined;
  /** A clock command is in the log and not applied yet. */
  clockProposed: boolean;
  /** When some machine has something to do next, as of `deadlineAsOf`. */
  deadlineMs: number | undefined;
  deadlineAsOf: Index | undefined;
  /** Another node was told to take over. */
  handedOver: boolean;
}

/**
 * Whether this node leads, and serves; and whom to send those to who ask it although it does not.
 *
 * Right after a handover nobody knows yet who leads, but will in a moment: who asks then is kept
 * waiting for that, rather than sent to look for the leader by himself.
 */
export class Leadership {
  readonly #raft: Raft;
  readonly #handoverTicksMax: number;
  #leading: Leading | undefined;
  #handoverTicks = 0;

  /** @param handoverTicksMax - how long to wait, after a handover, for word of the new leader */
  constructor(raft: Raft, handoverTicksMax: number) {
    this.#raft = raft;
    this.#handoverTicksMax = handoverTicksMax;
  }

  /** It leads, and has applied an entry of its own term. */
  get isServing(): boolean {
    return this.#leading?.clock !== undefined;
  }

  /** Requests for a leader are taken in here: to be served, or told at once who does when that is known. */
  get isOpen(): boolean {
    return this.#raft.role === 'leader' || this.#handoverTicks > 0;
  }

  /** Nobody leads, but another node will in a moment. */
  get isOnItsWay(): boolean {
    return this.#handoverTicks > 0;
  }

  tick(): void {
    if (this.#handoverTicks > 0) this.#handoverTicks -= 1;
  }

  /** Takes note of what Raft came to: whether a leadership ended just now. */
  follow(): { readonly hasEnded: boolean } {
    const { role, leader, term } = this.#raft;
    const isOver = this.#leading !== undefined && (role !== 'leader' || term !== this.#leading.term);
    if (isOver) {
      this.#handoverTicks = this.#leading?.handedOver === true ? this.#handoverTicksMax : 0;
      this.#leading = undefined;
    }
    if (leader !== undefined) this.#handoverTicks = 0;
    if (role === 'leader' && this.#leading === undefined) {
      this.#raft.recordConfiguration();
      this.#leading = {
        term,
        clock: undefined,
        clockProposed: false,
        deadlineMs: undefined,
        deadlineAsOf: undefined,
        handedOver: false,
      };
    }
    return { hasEnded: isOver };
  }

  /** A turn of Raft is over. */
  noteHandover(): void {
    if (this.#leading !== undefined) this.#leading.handedOver ||= this.#raft.hasHandedOver;
  }

  /** The noop of this term is applied: from now on this leader knows what is committed, and what time it is. */
  noopApplied(term: Term, logTimeMs: number, now: Now): void {
    if (this.#leading?.term === term) this.#leading.clock = new LogClock(logTimeMs, now);
  }

  /** Log time, for what is proposed now; only where `isServing`. */
  stampMs(now: Now): number {
    return present(this.#leading?.clock, 'only a leader that serves stamps commands').stamp(now);
  }

  /** Log time; asked for on every turn. It is computed once per applied index: in between a leader's state does not change. */
  nextDeadlineMs(applied: Index, compute: () => number | undefined): number | undefined {
    const leading = present(this.#leading, 'only a leader asks when something is due');
    if (leading.deadlineAsOf !== applied) {
      leading.deadlineAsOf = applied;
      leading.deadlineMs = compute();
    }
    return leading.deadlineMs;
  }

  get isClockProposed(): boolean {
    return this.#leading?.clockProposed === true;
  }

  set isClockProposed(isProposed: boolean) {
    if (this.#leading !== undefined) this.#leading.clockProposed = isProposed;
  }
}
