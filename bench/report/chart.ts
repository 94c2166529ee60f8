/** A grouped bar chart as SVG: one group per question, one bar per subject, on a logarithmic scale. */

export interface ChartBar {
  readonly target: string;
  readonly value: number;
  /** In a paler shade of the target's colour. */
  readonly pale?: boolean;
}

export interface ChartGroup {
  readonly label: string;
  readonly bars: readonly ChartBar[];
}

const COLOURS = ['#2563eb', '#f59e0b', '#10b981', '#ef4444', '#8b5cf6', '#0891b2', '#84cc16', '#db2777'];
const HEIGHT = 420;
const LEFT = 90;
const BOTTOM = 60;
const TOP = 50;
const BAR = 36;
const GAP = 28;
/** Room for the name of a question. */
const GROUP_MIN = 110;
const LEGEND = 150;

/** Where a value of the scale is. */
type Height = (value: number) => number;

export function barChart(title: string, unit: string, groups: readonly ChartGroup[]): string {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value)).filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const y: Height = (value) =>
    HEIGHT -
    BOTTOM -
    ((Math.log10(Math.max(value, 10 ** low)) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const targets = [...new Set(groups.flatMap(({ bars }) => bars.map(({ target }) => target)))];
  const starts = groups.map((_, at) => LEFT + GAP / 2 + sum(groups.slice(0, at).map(widthOf)));
  const width = Math.max(LEFT + sum(groups.map(widthOf)), LEFT + LEGEND * targets.length);
  const parts = [
    `<text x="${LEFT}" y="24" font-size="16" font-weight="bold">${title}</text>`,
    ...gridLines(low, high, y, unit, width),
    ...groups.flatMap((group, at) => drawGroup(group, starts[at] ?? LEFT, targets, y)),
    ...targets.map((target, at) => legend(target, at)),
  ];
  const style = 'font-family="system-ui, sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" ${style}>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`;
}

function widthOf({ bars }: ChartGroup): number {
  return Math.max(GROUP_MIN, bars.length * BAR + GAP);
}

function gridLines(low: number, high: number, y: Height, unit: string, width: number): string[] {
  return Array.from({ length: high - low + 1 }, (_, step) => {
    const value = 10 ** (low + step);
    const line = `<line x1="${LEFT}" x2="${width - 10}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>`;
    const label = `${value.toLocaleString('en', { maximumSignificantDigits: 1 })} ${unit}`;
    return `${line}<text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${label}</text>`;
  });
}

function drawGroup(group: ChartGroup, start: number, targets: readonly string[], y: Height): string[] {
  const bars = group.bars.map(({ target, value, pale }, at) => {
    const x = start + BAR * at;
    const top = y(value);
    const rectangle = `<rect x="${x}" y="${top}" width="${BAR - 3}" height="${HEIGHT - BOTTOM - top}" fill="${colourOf(targets.indexOf(target))}" opacity="${pale === true ? 0.5 : 1}"/>`;
    const label = value.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 });
    return `${rectangle}<text x="${x + (BAR - 3) / 2}" y="${top - 4}" text-anchor="middle" font-size="10">${label}</text>`;
  });
  const x = start + (widthOf(group) - GAP) / 2;
  return [...bars, `<text x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${group.label}</text>`];
}

function legend(target: string, at: number): string {
  const x = LEFT + at * LEGEND;
  const y = HEIGHT - 18;
  return `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${colourOf(at)}"/><text x="${x + 18}" y="${y}">${target}</text>`;
}

function colourOf(at: number): string {
  return COLOURS[at % COLOURS.length] ?? 'gray';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
