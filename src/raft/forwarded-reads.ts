import type { Index, Term } from '../base/flavor.ts';
import type { ReadyRead } from './ready.ts';

interface Batch {
  readonly id: number;
  readonly lease: boolean;
  readonly reads: readonly number[];
  ticks: number;
  ticksSinceSent: number;
  /** The term in which it was last sent; undefined before. */
  sentIn: Term | undefined;
}

export interface ReadQuestion {
  readonly id: number;
  readonly lease: boolean;
}

/**
 * Reads of a node that does not lead: it asks the leader for a read index, one question for all
 * reads of a turn, and answers them from its own state once it has applied that much (thesis, section 6.4).
 * It works alike for a follower and for a learner.
 *
 * Questions and answers may be lost or late. A question is asked again when no answer comes for a
 * while, or another leads; any answer to it will do, since each was made after the reads came. Their
 * numbers begin at a random place, so that an answer to an earlier life of this node fits none.
 */
export class ForwardedReads {
  readonly #retryTicks: number;
  readonly #ticksMax: number;
  readonly #firstId: () => number;
  /** Undefined before the first question. */
  #nextId: number | undefined;
  #count = 0;
  #linearizable: number[] = [];
  #lease: number[] = [];
  #batches: Batch[] = [];

  constructor(limits: {
    readonly retryTicks: number;
    /** Reads that got no answer for so long are given up. */
    readonly ticksMax: number;
    /** Drawn when it is first needed. */
    readonly firstId: () => number;
  }) {
    this.#retryTicks = limits.retryTicks;
    this.#ticksMax = limits.ticksMax;
    this.#firstId = limits.firstId;
  }

  /** Reads that wait for the leader's answer. */
  get count(): number {
    return this.#count;
  }

  add(read: number, { lease }: { readonly lease: boolean }): void {
    (lease ? this.#lease : this.#linearizable).push(read);
    this.#count += 1;
  }

  /** One tick passed: the reads that have waited for too long. */
  tick(): readonly number[] {
    for (const batch of this.#batches) {
      batch.ticks += 1;
      batch.ticksSinceSent += 1;
    }
    const expired = this.#batches.filter(({ ticks }) => ticks >= this.#ticksMax);
    if (expired.length === 0) return [];
    this.#batches = this.#batches.filter(({ ticks }) => ticks < this.#ticksMax);
    return this.#given(expired);
  }

  /** Whether there is something to ask the leader of this term. */
  isDue(term: Term): boolean {
    if (this.#linearizable.length > 0 || this.#lease.length > 0) return true;
    return this.#batches.some((batch) => this.#isDue(batch, term));
  }

  /** What to ask the leader of this term; the reads of the turn form a batch. */
  takeQuestions(term: Term): readonly ReadQuestion[] {
    if (this.#count === 0) return [];
    this.#batch(this.#linearizable, { lease: false });
    this.#batch(this.#lease, { lease: true });
    this.#linearizable = [];
    this.#lease = [];
    const due = this.#batches.filter((batch) => this.#isDue(batch, term));
    for (const batch of due) {
      batch.sentIn = term;
      batch.ticksSinceSent = 0;
    }
    return due.map(({ id, lease }) => ({ id, lease }));
  }

  /** The leader's answer: the reads that may be answered once everything up to `index` is applied. */
  answered(id: number, index: Index): readonly ReadyRead[] {
    return this.#take(id).map((read) => ({ id: read, index }));
  }

  /** The leader takes no more reads, or does not lead. */
  refused(id: number): readonly number[] {
    return this.#take(id);
  }

  /** All that wait: this node leads now, and sees to them itself. */
  takeAll(): readonly number[] {
    if (this.#count === 0) return [];
    const batches = this.#batches;
    this.#batches = [];
    const reads = [...this.#given(batches), ...this.#linearizable, ...this.#lease];
    this.#linearizable = [];
    this.#lease = [];
    this.#count = 0;
    return reads;
  }

  #batch(reads: readonly number[], { lease }: { readonly lease: boolean }): void {
    if (reads.length === 0) return;
    const id = this.#nextId ?? this.#firstId();
    this.#nextId = id + 1;
    this.#batches.push({ id, lease, reads, ticks: 0, ticksSinceSent: 0, sentIn: undefined });
  }

  #isDue(batch: Batch, term: Term): boolean {
    return batch.sentIn !== term || batch.ticksSinceSent >= this.#retryTicks;
  }

  #take(id: number): readonly number[] {
    const batch = this.#batches.find((each) => each.id === id);
    if (batch === undefined) return [];
    this.#batches = this.#batches.filter((each) => each !== batch);
    return this.#given([batch]);
  }

  #given(batches: readonly Batch[]): readonly number[] {
    const reads = batches.flatMap((batch) => batch.reads);
    this.#count -= reads.length;
    return reads;
  }
}
