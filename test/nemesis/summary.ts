import type { NemesisResult } from './run-nemesis.ts';

/** A run as a table, line by line. */
export function* summary(result: NemesisResult): Generator<string> {
  const { happened, heals, kinds, operations, events, problems, durationMs } = result;
  yield '';
  yield `${'fault'.padEnd(26)} ${'struck'.padStart(6)} ${'fired'.padStart(8)} ${'seconds'.padStart(8)}`;
  for (const kind of kinds) {
    const mine = happened.filter((each) => each.kind === kind);
    const fired = mine.reduce((sum, each) => sum + each.fired, 0);
    const seconds = mine.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1000;
    yield `${kind.padEnd(26)} ${String(mine.length).padStart(6)} ${String(fired).padStart(8)} ${seconds.toFixed(1).padStart(8)}`;
  }
  const never = kinds.filter((kind) => !happened.some((each) => each.kind === kind));
  if (never.length > 0) yield `there was no time for: ${never.join(', ')}`;
  yield '';
  yield `${'workload'.padEnd(26)} ${'ok'.padStart(8)} ${'fail'.padStart(8)} ${'unknown'.padStart(8)} ${'p50 ms'.padStart(8)} ${'p99 ms'.padStart(8)} ${'max ms'.padStart(8)}`;
  for (const workload of new Set(operations.map((each) => each.workload))) {
    const mine = operations.filter((each) => each.workload === workload);
    const count = (outcome: string): string =>
      String(mine.filter((each) => each.outcome === outcome).length).padStart(8);
    const tookMs = mine
      .filter(({ outcome }) => outcome === 'ok')
      .map(({ callNs, returnNs }) => (returnNs - callNs) / 1e6)
      .toSorted((a, b) => a - b);
    const times = [0.5, 0.99, 1].map((share) => at(tookMs, share).toFixed(1).padStart(8)).join(' ');
    yield `${workload.padEnd(26)} ${count('ok')} ${count('fail')} ${count('unknown')} ${times}`;
  }
  const firstMs = heals.map((heal) => heal.firstMs).toSorted((a, b) => a - b);
  const allMs = heals.map((heal) => heal.allMs).toSorted((a, b) => a - b);
  yield '';
  yield `${operations.length} calls, ${events} watched events, ${happened.length} faults in ${heals.length} rounds, ${(durationMs / 60_000).toFixed(1)} minutes`;
  yield `first write after a heal: p50 ${at(firstMs, 0.5).toFixed(0)} ms, max ${at(firstMs, 1).toFixed(0)} ms`;
  yield `every workload after a heal: p50 ${at(allMs, 0.5).toFixed(0)} ms, max ${at(allMs, 1).toFixed(0)} ms`;
  for (const problem of problems) yield `PROBLEM: ${problem}`;
  yield problems.length === 0 ? 'every promise was kept' : `${problems.length} problems`;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
