import { median, spread } from '../measure/statistics.ts';
import type { Bar, Figures, Question } from '../question.ts';

/** How one bar was met. */
export interface Verdict extends Bar {
  /** Undefined where there was nothing to compare with. */
  readonly reached: number | undefined;
  /** Lowest and highest of the rounds. */
  readonly spread: readonly [number, number] | undefined;
  readonly met: 'moonshot' | 'bar' | 'no' | 'not measured';
}

export interface Answer {
  readonly name: string;
  readonly asks: string;
  readonly rounds: readonly Readonly<Record<string, Figures>>[];
  /** By subject. */
  readonly medians: Readonly<Record<string, Figures>>;
  readonly verdicts: readonly Verdict[];
}

export function judge(
  { name, asks, bars }: Question,
  subjects: readonly string[],
  rounds: readonly Readonly<Record<string, Figures>>[],
): Answer {
  const medians = Object.fromEntries(
    subjects.map((subject) => [subject, mediansOf(rounds.map((round) => round[subject] ?? {}))]),
  );
  return { name, asks, rounds, medians, verdicts: bars.map((bar) => verdict(bar, rounds)) };
}

function mediansOf(all: readonly Figures[]): Figures {
  const names = [...new Set(all.flatMap((figures) => Object.keys(figures)))];
  return Object.fromEntries(
    names.map((name) => [name, median(all.flatMap((figures) => figures[name] ?? []))]),
  );
}

/** A ratio is taken within each round: what slows the machine down slows both of its sides. */
function verdict(bar: Bar, rounds: readonly Readonly<Record<string, Figures>>[]): Verdict {
  const values = rounds.flatMap((round) => {
    const own = round['kvorum']?.[bar.figure];
    if (own === undefined || bar.over === undefined) return own ?? [];
    const other = round[bar.over]?.[bar.figure];
    return other === undefined ? [] : own / other;
  });
  if (values.length === 0) return { ...bar, reached: undefined, spread: undefined, met: 'not measured' };
  const reached = median(values);
  const reaches = (limit: number): boolean =>
    bar.wants === 'at least' ? reached >= limit : reached <= limit;
  const met = reaches(bar.moonshot) ? 'moonshot' : reaches(bar.bar) ? 'bar' : 'no';
  return { ...bar, reached, spread: spread(values), met };
}

const HEAD = ['QUESTION', 'FIGURE', 'KVORUM', 'OTHER', 'REACHED', 'LOW..HIGH', 'BAR', 'MOONSHOT', 'MET'];

function lines(answers: readonly Answer[]): readonly (readonly string[])[] {
  return answers.flatMap(({ name, medians, verdicts }) =>
    verdicts.map((each) => {
      const { figure, over, unit = '×', wants, bar, moonshot, reached, met } = each;
      const sign = wants === 'at least' ? '≥' : '≤';
      const other = over === undefined ? undefined : medians[over]?.[figure];
      return [
        name,
        figure,
        shown(medians['kvorum']?.[figure]),
        other === undefined ? '' : `${over} ${shown(other)}`,
        reached === undefined ? '' : `${shown(reached)} ${unit}`,
        each.spread === undefined ? '' : each.spread.map(shown).join('..'),
        `${sign} ${bar}`,
        `${sign} ${moonshot}`,
        met,
      ];
    }),
  );
}

export function table(answers: readonly Answer[]): string {
  const rows = [HEAD, ...lines(answers)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdown(answers: readonly Answer[]): string {
  const rows = [HEAD.map((title) => title.toLowerCase()), HEAD.map(() => '---'), ...lines(answers)];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function shown(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(2);
}
