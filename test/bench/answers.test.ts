import { expect, test } from 'vitest';
import type { Bar, Figures } from '../../bench/question.ts';
import { judge } from '../../bench/report/answers.ts';
import { markdown } from '../../bench/report/markdown.ts';
import { table } from '../../bench/report/table.ts';

const RATIO: Bar = { figure: 'perSecond', over: 'etcd', wants: 'at least', bar: 2, moonshot: 4 };
const LIMIT: Bar = { figure: 'p99Ms', wants: 'at most', bar: 10, moonshot: 5, unit: 'ms' };

function answer(bar: Bar, rounds: readonly Readonly<Record<string, Figures>>[]) {
  const question = { name: 'puts', asks: 'how many', bars: [bar], begin: () => Promise.reject(new Error()) };
  return judge(question, ['kvorum', 'etcd'], rounds);
}

function rounds(...pairs: readonly (readonly [kvorum: number, etcd: number])[]) {
  return pairs.map(([kvorum, etcd]) => ({ kvorum: { perSecond: kvorum }, etcd: { perSecond: etcd } }));
}

test('a ratio is taken within each round, and the median of them counts', () => {
  // The machine was ten times slower in the second round; the third was a fluke.
  const [verdict] = answer(RATIO, rounds([300, 100], [30, 10], [900, 100])).verdicts;
  expect(verdict).toMatchObject({ reached: 3, spread: { low: 3, high: 9, relative: 2 }, met: 'bar' });
});

test.each([
  [rounds([100, 100]), 'no'],
  [rounds([200, 100]), 'bar'],
  [rounds([400, 100]), 'moonshot'],
])('%j meets: %s', (each, met) => {
  expect(answer(RATIO, each).verdicts[0]?.met).toBe(met);
});

test.each([
  [11, 'no'],
  [10, 'bar'],
  [5, 'moonshot'],
])('%d ms where less is better meets: %s', (p99Ms, met) => {
  expect(answer(LIMIT, [{ kvorum: { p99Ms } }]).verdicts[0]?.met).toBe(met);
});

test('without a peer a ratio is not measured, and the table says so', () => {
  const alone = answer(RATIO, [{ kvorum: { perSecond: 12_345 } }]);
  expect(alone.verdicts[0]).toMatchObject({ reached: undefined, met: 'not measured' });
  expect(table([alone])).toMatch(/puts +perSecond +12,345 .*not measured$/);
  expect(markdown([alone])).toMatch(/^\| puts +\| perSecond +\| 12,345 /m);
});

test('what every figure came to is told with its spread, and by how much the rounds differ', () => {
  const each = answer(RATIO, rounds([100, 50], [120, 50], [90, 50]));
  expect(each.spreads['kvorum']?.['perSecond']).toEqual({ low: 90, high: 120, relative: 0.3 });
  expect(markdown([each])).toMatch(/^\| perSecond \| 100 \(90\.\.120, 30 %\) \| 50 +\|$/m);
});

test.each([
  [79, 10, false],
  [80, 10, true],
  [50, 19, true],
])('%d %% of what can be driven, %d CPU seconds for 1,000: the generator bounds it: %s', (...row) => {
  const [perSecond, clientCpu, bounds] = row;
  const question = { name: 'gets', asks: 'how many', bars: [], begin: () => Promise.reject(new Error()) };
  const round = { kvorum: { perSecond, clientCpu }, generator: { perSecond: 100 } };
  const each = judge(question, ['kvorum', 'generator'], [round]);
  expect(each.ceiling).toMatchObject({ perSecond: 100, reached: { kvorum: perSecond / 100 }, bounds });
  expect(markdown([each])).toContain(bounds ? 'The generator bounds' : 'The generator does not bound');
});

test.each([
  [0.1, false],
  [0.5, true],
])('others kept %d processors busy: the report warns: %s', (othersCores, warns) => {
  const disturbed = answer(LIMIT, [{ kvorum: { p99Ms: 1, othersCores } }]);
  expect(markdown([disturbed]).startsWith('The machine was not quiet')).toBe(warns);
});
