import type { RunResult } from '../src/simulation/run.ts';
import type { Glyph, Sample } from '../src/simulation/timeline.ts';
import { dim, print } from './output.ts';

const SIGNS: Readonly<Record<Glyph, string>> = {
  leader: '█',
  candidate: '?',
  follower: '·',
  paused: '‖',
  down: 'x',
};
/** What a column shows of several samples: the first of these that occurs. */
const RANK: readonly Glyph[] = ['leader', 'candidate', 'down', 'paused', 'follower'];
const LABEL_WIDTH = 8;
const COLUMNS_MIN = 20;

/** A run over time, one row a node, as wide as the terminal. */
export function drawTimeline({ timeline, nodes, simulatedMs }: RunResult, width: number): void {
  const samples = timeline?.samples ?? [];
  if (samples.length === 0) return;
  const columns = Math.max(COLUMNS_MIN, Math.min(samples.length, width - LABEL_WIDTH - 1));
  const buckets = Array.from({ length: columns }, (_, at) =>
    samples.slice(
      Math.floor((at * samples.length) / columns),
      Math.max(
        Math.floor(((at + 1) * samples.length) / columns),
        Math.floor((at * samples.length) / columns) + 1,
      ),
    ),
  );
  for (let node = 0; node < nodes; node++)
    row(`node ${node + 1}`, buckets, (bucket) => nodeSign(bucket, node));
  row('cut', buckets, (bucket) => (bucket.some(({ cuts }) => cuts > 0) ? '≠' : ' '));
  row('term', buckets, (bucket, before) => termSign(bucket, before));
  row('acks', buckets, acksSign);
  print(
    dim(
      `${' '.repeat(LABEL_WIDTH)}0 s${' '.repeat(Math.max(1, columns - 10))}${Math.round(simulatedMs / 1000)} s`,
    ),
  );
  print(
    dim('█ leader  ? candidate  · follower  ‖ paused  x down  ≠ links cut  ^ a new term  ▁▅█ answered calls'),
  );
}

function row(
  label: string,
  buckets: readonly (readonly Sample[])[],
  sign: (bucket: readonly Sample[], before: readonly Sample[] | undefined) => string,
): void {
  print(dim(label.padEnd(LABEL_WIDTH)) + buckets.map((bucket, at) => sign(bucket, buckets[at - 1])).join(''));
}

function nodeSign(bucket: readonly Sample[], node: number): string {
  const glyph = RANK.find((each) => bucket.some(({ nodes }) => nodes[node] === each));
  return glyph === undefined ? ' ' : SIGNS[glyph];
}

function termSign(bucket: readonly Sample[], before: readonly Sample[] | undefined): string {
  return (bucket.at(-1)?.term ?? 0) > (before?.at(-1)?.term ?? 0) ? '^' : ' ';
}

function acksSign(bucket: readonly Sample[]): string {
  const acknowledged = bucket.reduce((sum, each) => sum + each.acknowledged, 0) / Math.max(1, bucket.length);
  if (acknowledged === 0) return ' ';
  return '▁▂▃▄▅▆▇█'[Math.min(7, Math.floor(acknowledged))] ?? '█';
}
