import type { Answer } from './answers.ts';
import { barChart, type ChartGroup } from './chart.ts';

/** The pictures of a report, by the names of their files; none of what was not measured. */
export function charts(answers: readonly Answer[]): ReadonlyMap<string, string> {
  const rates = answers.flatMap((answer) => group(answer, ['perSecond']));
  const times = answers
    .filter(({ medians }) => medians['kvorum']?.['p99Ms'] !== undefined)
    .flatMap((answer) => group(answer, ['p50Ms', 'p99Ms']));
  const titles = { rates: 'Per second', times: 'p50, and p99 in a paler shade' };
  return new Map([
    ...(rates.length === 0 ? [] : [['per-second.svg', barChart(titles.rates, '/s', rates)] as const]),
    ...(times.length === 0 ? [] : [['latency.svg', barChart(titles.times, 'ms', times)] as const]),
  ]);
}

/** One bar for each figure of each subject. */
function group({ name, medians }: Answer, figures: readonly string[]): readonly ChartGroup[] {
  const bars = Object.entries(medians).flatMap(([target, each]) =>
    figures.flatMap((figure, at) => {
      const value = each[figure];
      return value === undefined ? [] : [{ target, value, pale: at > 0 }];
    }),
  );
  return bars.length === 0 ? [] : [{ label: name, bars }];
}
