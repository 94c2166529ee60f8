/** A grouped bar chart as SVG: one group per load, one bar per target, on a logarithmic scale. */

export interface ChartBar {
  readonly target: string;
  readonly value: number;
}

export interface ChartGroup {
  readonly label: string;
  readonly bars: readonly ChartBar[];
}

const COLOURS = ['#2563eb', '#f59e0b', '#10b981', '#ef4444'];
const WIDTH = 900;
const HEIGHT = 420;
const LEFT = 80;
const BOTTOM = 60;
const TOP = 60;

export function barChart(title: string, unit: string, groups: readonly ChartGroup[]): string {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...values))));
  const high = Math.ceil(Math.log10(Math.max(10, ...values)));
  const plotHeight = HEIGHT - TOP - BOTTOM;
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((Math.log10(Math.max(1, value)) - low) / Math.max(1, high - low)) * plotHeight;
  const targets = [...new Set(groups.flatMap(({ bars }) => bars.map(({ target }) => target)))];
  const parts = [
    `<text x="${LEFT}" y="24" font-size="16" font-weight="bold">${title}</text>`,
    ...gridLines(low, high, y, unit),
    ...groups.flatMap((group, at) => drawGroup(group, at, groups.length, targets, y)),
    ...targets.map((target, at) => legend(target, at)),
  ];
  const style = 'font-family="system-ui, sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" ${style}>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`;
}

function gridLines(low: number, high: number, y: (value: number) => number, unit: string): string[] {
  return Array.from({ length: high - low + 1 }, (_, step) => {
    const value = 10 ** (low + step);
    const line = `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>`;
    const label = `${value.toLocaleString('en')} ${unit}`;
    return `${line}<text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${label}</text>`;
  });
}

function drawGroup(
  group: ChartGroup,
  at: number,
  count: number,
  targets: readonly string[],
  y: (value: number) => number,
): string[] {
  const slot = (WIDTH - LEFT - 20) / count;
  const width = (slot * 0.7) / targets.length;
  const start = LEFT + slot * at + slot * 0.15;
  const bars = group.bars.map(({ target, value }) => {
    const place = targets.indexOf(target);
    const x = start + width * place;
    const top = y(value);
    const rectangle = `<rect x="${x}" y="${top}" width="${width - 2}" height="${HEIGHT - BOTTOM - top}" fill="${COLOURS[place % COLOURS.length]}"/>`;
    const label = Math.round(value).toLocaleString('en');
    return `${rectangle}<text x="${x + width / 2}" y="${top - 4}" text-anchor="middle" font-size="10">${label}</text>`;
  });
  const x = start + slot * 0.35;
  return [...bars, `<text x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${group.label}</text>`];
}

function legend(target: string, at: number): string {
  const x = LEFT + at * 140;
  const y = HEIGHT - 18;
  return `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${COLOURS[at % COLOURS.length]}"/><text x="${x + 18}" y="${y}">${target}</text>`;
}
