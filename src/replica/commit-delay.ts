import type { Index } from '../base/flavor.ts';

/** Commits are late when they take this many times as long as usual… */
const LATE_TIMES = 2;
/** …and so long at least: nobody notices less. */
const LATE_MS = 4;
/** What has waited this long waits for something else than its turn; what was this long ago says nothing of now. */
const PAST_MS = 1000;
/** Parts of the newest delay in the averages. */
const RECENT_SHARE = 1 / 8;
const USUAL_SHARE = 1 / 64;

/** How far the log has come. */
export interface LogEnds {
  readonly lastIndex: Index;
  readonly commitIndex: Index;
}

/**
 * How long a leader's entries take to be committed: usually, and just now. In this one figure all that
 * can keep clients waiting comes together: processors, disks and networks of as many nodes as a
 * commit needs. One entry is followed at a time.
 */
export class CommitDelay {
  #followed: { readonly index: Index; readonly sinceMs: number } | undefined;
  #usualMs: number | undefined;
  #recentMs = 0;
  #recentAtMs = 0;

  /** Once a turn. What is usual is learnt while `isUsual`. */
  follow(
    { lastIndex, commitIndex }: LogEnds,
    nowMs: number,
    { isUsual }: { readonly isUsual: boolean },
  ): void {
    const followed = this.#followed;
    if (followed === undefined) {
      if (lastIndex > commitIndex) this.#followed = { index: lastIndex, sinceMs: nowMs };
      return;
    }
    if (commitIndex < followed.index) return;
    this.#followed = undefined;
    const tookMs = nowMs - followed.sinceMs;
    if (nowMs - this.#recentAtMs > PAST_MS) this.#recentMs = tookMs;
    this.#recentMs += (tookMs - this.#recentMs) * RECENT_SHARE;
    this.#recentAtMs = nowMs;
    this.#usualMs ??= tookMs;
    if (isUsual) this.#usualMs += (tookMs - this.#usualMs) * USUAL_SHARE;
  }

  /** Clients wait for longer than usual. */
  isLate(nowMs: number): boolean {
    if (this.#usualMs === undefined) return false;
    const limitMs = Math.max(LATE_MS, this.#usualMs * LATE_TIMES);
    const waitsMs = this.#followed === undefined ? 0 : nowMs - this.#followed.sinceMs;
    if (waitsMs > PAST_MS) return false;
    return waitsMs > limitMs || (this.#recentMs > limitMs && nowMs - this.#recentAtMs <= PAST_MS);
  }

  /** Nothing was asked for that is worth speaking of: no client waits for what else this node does. */
  isIdle(nowMs: number): boolean {
    return this.#followed === undefined && nowMs - this.#recentAtMs > PAST_MS;
  }

  /** This node leads no more. What follows is another log, perhaps, and other nodes. */
  clear(): void {
    this.#followed = undefined;
    this.#usualMs = undefined;
    this.#recentMs = 0;
  }
}
