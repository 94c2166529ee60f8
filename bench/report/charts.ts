import { type Answer, GENERATOR } from './answers.ts';
import { barChart, type ChartGroup } from './chart.ts';

/** The pictures of a report, by the names of their files; none of what was not measured. */
export function charts(answers: readonly Answer[]): ReadonlyMap<string, string> {
  const rates = answers.flatMap((answer) => group(answer, { 'per second': 'perSecond' }));
  const times = answers
    .filter(({ medians }) => medians['kvorum']?.['p99Ms'] !== undefined)
    .flatMap((answer) => group(answer, { p50: 'p50Ms', p99: 'p99Ms' }));
  return new Map([
    ...(rates.length === 0 ? [] : [['per-second.svg', barChart('Per second', '/s', rates)] as const]),
    ...(times.length === 0 ? [] : [['latency.svg', barChart('p50 and p99', 'ms', times)] as const]),
  ]);
}

/** One bar for each figure of each subject; the figures are named where there are several. */
function group({ name, medians }: Answer, figures: Readonly<Record<string, string>>): readonly ChartGroup[] {
  const isOne = Object.keys(figures).length === 1;
  const subjects = Object.keys(medians).filter((subject) => isOne || subject !== GENERATOR);
  const bars = subjects.flatMap((subject) =>
    Object.entries(figures).flatMap(([label, figure]) => {
      const value = medians[subject]?.[figure];
      return value === undefined ? [] : [{ target: isOne ? subject : `${subject} ${label}`, value }];
    }),
  );
  return bars.length === 0 ? [] : [{ label: name, bars }];
}
