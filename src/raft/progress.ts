import { assert } from '../base/assert.ts';
import type { Index } from '../base/flavor.ts';

/**
 * - `probe`: where the logs meet is unknown; one request at a time, each answer narrows it.
 * - `replicate`: they meet; requests follow each other without waiting for answers, up to a window.
 * - `snapshot`: the next entry is compacted away; only the state helps, so no entries are sent.
 */
export type ProgressKind = 'probe' | 'replicate' | 'snapshot';

/**
 * What the leader knows about one follower, and what it may send to it next (Raft paper, section 5.3;
 * pipelining: thesis, section 10.2.1).
 *
 * Answers come late, twice and out of order. `matchIndex` is a fact and only grows, unless the
 * follower says that it lost what it had; `nextIndex` is a guess and may fall back, never to or below
 * `matchIndex`.
 */
export class Progress {
  readonly #windowMax: number;
  #kind: ProgressKind = 'probe';
  #matchIndex: Index = 0;
  #nextIndex: Index;
  /** A probe is on its way. */
  #probing = false;
  /** The last index of each request on its way, in order. */
  #inflight: Index[] = [];
  /** A snapshot is useful from this index on. */
  #snapshotFrom: Index = 0;
  #snapshotWanted = false;
  /** The highest commit index this follower was told. */
  commitIndexSent: Index = 0;
  /** It answered a heartbeat and lacks entries: a request, be it empty, shows whether one was lost. */
  nudge = false;
  /** The newest round of reads it confirmed. */
  readRound = 0;

  constructor(nextIndex: Index, windowMax: number) {
    this.#nextIndex = nextIndex;
    this.#windowMax = windowMax;
  }

  get kind(): ProgressKind {
    return this.#kind;
  }

  /** It holds, on disk, the leader's log up to here. */
  get matchIndex(): Index {
    return this.#matchIndex;
  }

  get nextIndex(): Index {
    return this.#nextIndex;
  }

  get inflight(): number {
    return this.#inflight.length;
  }

  /** No request may be sent for now. */
  get isPaused(): boolean {
    switch (this.#kind) {
      case 'probe':
        return this.#probing;
      case 'replicate':
        return this.#inflight.length >= this.#windowMax;
      case 'snapshot':
        return true;
    }
  }

  /** A request with entries up to `lastIndex` was sent; `count` of them. */
  sent(lastIndex: Index, count: number): void {
    this.nudge = false;
    if (this.#kind === 'probe') this.#probing = true;
    if (this.#kind !== 'replicate' || count === 0) return;
    assert(lastIndex === this.#nextIndex - 1 + count, 'requests follow each other');
    this.#nextIndex = lastIndex + 1;
    this.#inflight.push(lastIndex);
  }

  /** It holds the log up to `matchIndex`; the leader's log begins behind `baseIndex`. */
  accepted(matchIndex: Index, baseIndex: Index): void {
    this.#matchIndex = Math.max(this.#matchIndex, matchIndex);
    this.#nextIndex = Math.max(this.#nextIndex, matchIndex + 1);
    switch (this.#kind) {
      case 'probe':
        // An older answer says less than is known.
        if (matchIndex === this.#matchIndex) this.#becomeReplicate();
        break;
      case 'replicate':
        this.#inflight = this.#inflight.filter((lastIndex) => lastIndex > matchIndex);
        break;
      case 'snapshot':
        if (this.#matchIndex >= baseIndex) this.#becomeReplicate();
        else if (matchIndex === this.#matchIndex) this.#snapshotWanted = true;
        break;
    }
  }

  /**
   * It does not hold `previousIndex`; the logs may meet at `agreement`. Old and repeated refusals,
   * which speak of another request than the last, change nothing; nor does one of a place that it
   * acknowledged: if that is lost it says so (`lost`), and until then to ask at once again is a loop.
   */
  rejected(previousIndex: Index, agreement: Index): void {
    switch (this.#kind) {
      case 'probe':
        if (previousIndex !== this.#nextIndex - 1 || previousIndex <= this.#matchIndex) return;
        this.#nextIndex = Math.max(Math.min(previousIndex, agreement + 1), this.#matchIndex + 1);
        this.#probing = false;
        return;
      case 'replicate':
        if (previousIndex > this.#matchIndex) this.becomeProbe();
        return;
      case 'snapshot':
        return;
    }
  }

  /** It answered a heartbeat, so it lives: what it did not answer may be lost, and is tried again. */
  heartbeatAnswered(lastIndex: Index): void {
    this.#probing = false;
    if (this.#kind === 'replicate' && this.isPaused) this.#inflight.shift();
    if (this.#kind === 'probe' || this.#matchIndex < lastIndex) this.nudge = true;
  }

  /** It says that it lacks this entry, and those that follow, though it may have acknowledged them. */
  lost(first: Index): void {
    if (this.#matchIndex < first) return;
    this.#matchIndex = first - 1;
    if (this.#kind !== 'snapshot') this.becomeProbe();
  }

  becomeProbe(): void {
    this.#kind = 'probe';
    this.#probing = false;
    this.#inflight = [];
    this.#nextIndex = this.#matchIndex + 1;
  }

  /** A snapshot could not be sent: ask again where the logs meet, but no sooner than the next sign of life. */
  snapshotFailed(): void {
    if (this.#kind !== 'snapshot') return;
    this.becomeProbe();
    this.#probing = true;
  }

  /** Only a snapshot of at least `from` helps. */
  becomeSnapshot(from: Index): void {
    if (this.#kind === 'snapshot' && from <= this.#snapshotFrom) return;
    this.#kind = 'snapshot';
    this.#inflight = [];
    this.#snapshotFrom = from;
    this.#snapshotWanted = true;
  }

  /** Whether a snapshot is to be sent, now that the state reflects the log up to `appliedIndex`. */
  isSnapshotDue(appliedIndex: Index): boolean {
    return this.#kind === 'snapshot' && this.#snapshotWanted && appliedIndex >= this.#snapshotFrom;
  }

  snapshotAsked(): void {
    this.#snapshotWanted = false;
  }

  #becomeReplicate(): void {
    this.#kind = 'replicate';
    this.#inflight = [];
    this.#nextIndex = this.#matchIndex + 1;
    this.#probing = false;
  }
}
