import type { MemberProgress } from '../../src/wire/admin-frames.ts';

/** Looks at a learner again and again: how much it lacks, and how fast it comes on. */
export class CatchUp {
  #before: { readonly atMs: number; readonly progress: MemberProgress } | undefined;
  /** Undefined until there are two looks at the same kind of progress. */
  #entriesPerSecond: number | undefined;
  #bytesPerSecond: number | undefined;

  /** For a log line. */
  fields(progress: MemberProgress): Readonly<Record<string, string | number | undefined>> {
    this.#measure(progress);
    const { state, entriesBehind, bytesBehind, snapshotPercent } = progress;
    const rate = state === 'snapshot' ? {} : { entriesPerSecond: this.#entriesPerSecond };
    return {
      state,
      entriesBehind,
      bytesBehind,
      snapshotPercent,
      ...rate,
      bytesPerSecond: this.#bytesPerSecond,
    };
  }

  /** As a sentence. */
  words(progress: MemberProgress): string {
    this.#measure(progress);
    const { state, recentlyActive, entriesBehind, bytesBehind } = progress;
    if (!recentlyActive) return 'it has not answered yet';
    if (state === 'snapshot') {
      return withRate(`snapshot ${snapshotWords(progress)}`, this.#bytesPerSecond, bytesText);
    }
    const behind = `${entriesBehind} entries (${bytesText(bytesBehind)}) behind`;
    return withRate(behind, this.#entriesPerSecond, (rate) => `${rate} entries`);
  }

  #measure(progress: MemberProgress): void {
    const atMs = performance.now();
    const before = this.#before;
    this.#before = { atMs, progress };
    this.#entriesPerSecond = undefined;
    this.#bytesPerSecond = undefined;
    if (before === undefined || before.progress.state !== progress.state || atMs <= before.atMs) return;
    const perSecond = (grown: number): number =>
      Math.max(0, Math.round((grown * 1_000) / (atMs - before.atMs)));
    this.#entriesPerSecond = perSecond(progress.matchIndex - before.progress.matchIndex);
    this.#bytesPerSecond = perSecond(before.progress.bytesBehind - progress.bytesBehind);
  }
}

function withRate(words: string, rate: number | undefined, text: (rate: number) => string): string {
  return rate === undefined || rate === 0 ? words : `${words}, ${text(rate)}/s`;
}

/** How far the snapshot is. */
export function snapshotWords({ snapshotPercent, bytesBehind }: MemberProgress): string {
  const left = `${bytesText(bytesBehind)} to go`;
  return snapshotPercent === undefined ? left : `${snapshotPercent}%, ${left}`;
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
