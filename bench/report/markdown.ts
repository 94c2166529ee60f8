import type { Spread } from '../measure/statistics.ts';
import { type Answer, type Ceiling, GENERATOR } from './answers.ts';
import { disturbance } from './disturbance.ts';
import { shown } from './shown.ts';
import { aligned, verdictRows } from './table.ts';

const GLOSSARY = `Medians of the rounds; in brackets the lowest and the highest round, and how far they lie apart as a part of
the median. \`clientCpu\` and \`serversCpu\`: CPU seconds per 1,000 operations, of the load generator and of all
servers. \`othersCores\`: processors that everybody else kept busy, near 0 on a quiet machine. \`rssMib\`, \`peakRssMib\`: memory of the server that has most of it, at the end of a round and at its
highest since it began. \`writtenPerByte\`: bytes that the disk wrote, for all servers, per byte put.
\`generator\`: Kvorum's client against a server that answers at once and stores nothing.`;

/** The whole report: how the bars were met, then every figure of every question. */
export function markdown(answers: readonly Answer[]): string {
  const [head = [], ...rows] = verdictRows(answers);
  const bars = markdownTable([head.map((title) => title.toLowerCase()), ...rows]);
  const warning = disturbance(answers);
  return [...(warning === undefined ? [] : [warning]), bars, GLOSSARY, ...answers.map(section)].join('\n\n');
}

function section({ name, asks, medians, spreads, rounds, ceiling }: Answer): string {
  const subjects = Object.keys(medians);
  const figures = [...new Set(Object.values(medians).flatMap((each) => Object.keys(each)))];
  const rows = figures.map((figure) => [
    figure,
    ...subjects.map((subject) => cell(medians[subject]?.[figure], spreads[subject]?.[figure])),
  ]);
  const parts = [
    `## ${name}`,
    `${asks}; rounds: ${rounds.length}`,
    markdownTable([['', ...subjects], ...rows]),
    ...(ceiling === undefined ? [] : [ceilingText(ceiling)]),
  ];
  return parts.join('\n\n');
}

function cell(median: number | undefined, spread: Spread | undefined): string {
  if (median === undefined || spread === undefined) return '';
  if (spread.low === spread.high) return shown(median);
  const { low, high, relative } = spread;
  return `${shown(median)} (${shown(low)}..${shown(high)}, ${Math.round(relative * 100)} %)`;
}

/** Says plainly who it was that was measured. */
function ceilingText({ perSecond, reached, clientBusy, bounds }: Ceiling): string {
  const parts = Object.entries(reached).map(([name, part]) => `${name} ${Math.round(part * 100)} %`);
  const verdict = bounds
    ? 'The generator bounds this figure of Kvorum: the store can do more than one Node process asks of it.'
    : 'The generator does not bound this figure of Kvorum.';
  const busy = `The client of Kvorum kept a processor busy for ${Math.round(clientBusy * 100)} % of the time.`;
  return `Ceiling of the ${GENERATOR}: ${shown(perSecond)}/s; reached: ${parts.join(', ')}. ${busy} ${verdict}`;
}

function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const [title = '', ...body] = aligned([head, ...rows], markdownLine).split('\n');
  return [title, title.replaceAll(/[^|]/g, '-'), ...body].join('\n');
}

function markdownLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
