import type { Answer } from './answers.ts';
import { shown } from './shown.ts';

const HEAD = ['QUESTION', 'FIGURE', 'KVORUM', 'OTHER', 'REACHED', 'LOW..HIGH', 'BAR', 'MOONSHOT', 'MET'];

/** One row for each bar, its title row first. */
export function verdictRows(answers: readonly Answer[]): readonly (readonly string[])[] {
  const rows = answers.flatMap(({ name, medians, verdicts }) =>
    verdicts.map((each) => {
      const { figure, over, unit = '×', wants, bar, moonshot, reached, met } = each;
      const sign = wants === 'at least' ? '≥' : '≤';
      const own = medians['kvorum']?.[figure];
      const other = over === undefined ? undefined : medians[over]?.[figure];
      return [
        name,
        figure,
        own === undefined ? '' : shown(own),
        other === undefined ? '' : `${over} ${shown(other)}`,
        reached === undefined ? '' : `${shown(reached)} ${unit}`,
        each.spread === undefined ? '' : `${shown(each.spread.low)}..${shown(each.spread.high)}`,
        `${sign} ${bar}`,
        `${sign} ${moonshot}`,
        met,
      ];
    }),
  );
  return [HEAD, ...rows];
}

/** For a terminal. */
export function table(answers: readonly Answer[]): string {
  return aligned(verdictRows(answers), (cells) => cells.join('  ').trimEnd());
}

/** Every column as wide as its widest cell. */
export function aligned(
  rows: readonly (readonly string[])[],
  join: (cells: readonly string[]) => string,
): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => join(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)))).join('\n');
}
