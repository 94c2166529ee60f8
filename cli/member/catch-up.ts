import type { MemberProgress } from '../../src/wire/admin-frames.ts';

/** Looks at a learner again and again: how much it lacks, and how fast that shrinks. */
export class CatchUp {
  #before: { readonly atMs: number; readonly matchIndex: number } | undefined;
  #entriesPerSecond: number | undefined;

  /** For a log line. */
  fields(progress: MemberProgress): Readonly<Record<string, string | number | undefined>> {
    this.#measure(progress);
    const { state, entriesBehind, bytesBehind, snapshotPercent } = progress;
    return { state, entriesBehind, bytesBehind, snapshotPercent, entriesPerSecond: this.#entriesPerSecond };
  }

  /** As a sentence. */
  words(progress: MemberProgress): string {
    this.#measure(progress);
    const { state, recentlyActive, entriesBehind, bytesBehind } = progress;
    if (!recentlyActive) return 'it has not answered yet';
    if (state === 'snapshot') return `snapshot ${snapshotWords(progress)}`;
    const behind = `${entriesBehind} entries (${bytesText(bytesBehind)}) behind`;
    const rate = this.#entriesPerSecond;
    return rate === undefined || rate === 0 ? behind : `${behind}, ${rate} entries/s`;
  }

  #measure({ matchIndex }: MemberProgress): void {
    const atMs = performance.now();
    const before = this.#before;
    if (before !== undefined && atMs > before.atMs) {
      const perSecond = ((matchIndex - before.matchIndex) * 1_000) / (atMs - before.atMs);
      this.#entriesPerSecond = Math.max(0, Math.round(perSecond));
    }
    this.#before = { atMs, matchIndex };
  }
}

/** How far the snapshot is. */
export function snapshotWords({ snapshotPercent, bytesBehind }: MemberProgress): string {
  return snapshotPercent === undefined ? `of ${bytesText(bytesBehind)} on its way` : `${snapshotPercent}%`;
}

/** Such as 640 B, 12 KiB or 3.4 MiB. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let value = bytes / 1024;
  let at = 0;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}
