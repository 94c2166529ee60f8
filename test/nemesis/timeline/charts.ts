import type { Operation } from '../history.ts';
import type { NemesisResult } from '../run-nemesis.ts';
import { FAINT, LEFT } from './sheet.ts';
import type { Sheet } from './sheet.ts';

const HEIGHT = 90;
const BUCKET_MS = 500;
const OUTCOMES: readonly (readonly [Operation['outcome'], string])[] = [
  ['ok', '#4c9f70'],
  ['fail', '#b0b0b0'],
  ['unknown', '#e07b39'],
];

/** Calls by when they returned. */
function buckets({ operations, beginMs, durationMs }: NemesisResult): Operation[][] {
  const buckets: Operation[][] = Array.from({ length: Math.ceil(durationMs / BUCKET_MS) + 1 }, () => []);
  for (const operation of operations)
    buckets[Math.floor((operation.returnNs / 1e6 - beginMs) / BUCKET_MS)]?.push(operation);
  return buckets;
}

/** Calls per second, by what came of them. */
export function drawCalls(sheet: Sheet, result: NemesisResult): void {
  const top = sheet.band(HEIGHT, 'calls per second');
  sheet.legend(top, OUTCOMES);
  sheet.grid(top, HEIGHT);
  const all = buckets(result);
  const perSecond = 1000 / BUCKET_MS;
  const most = Math.max(1, ...all.map((bucket) => bucket.length * perSecond));
  scale(sheet, top, `${Math.round(most)}`, '0');
  for (const [at, bucket] of all.entries()) {
    const x = sheet.x(at * BUCKET_MS);
    const width = sheet.x((at + 1) * BUCKET_MS) - x;
    let y = top + HEIGHT;
    for (const [outcome, color] of OUTCOMES) {
      const count = bucket.filter((each) => each.outcome === outcome).length * perSecond;
      const height = (count / most) * HEIGHT;
      y -= height;
      if (count > 0) sheet.rect(x, y, width, height, color);
    }
  }
}

const LATENCY_MS: readonly [min: number, max: number] = [1, 10_000];

/** Of answered calls, on a logarithmic scale. */
export function drawLatencies(sheet: Sheet, result: NemesisResult): void {
  const top = sheet.band(HEIGHT, 'latency');
  sheet.legend(top, [
    ['p50', '#3366aa'],
    ['p99', '#cc3344'],
  ]);
  sheet.grid(top, HEIGHT);
  scale(sheet, top, '10 s', '1 ms');
  const [min, max] = LATENCY_MS;
  const y = (ms: number): number =>
    top + HEIGHT * (1 - Math.log(Math.min(max, Math.max(min, ms)) / min) / Math.log(max / min));
  for (const decade of [10, 100, 1_000])
    sheet.line(LEFT, y(decade), sheet.x(sheet.durationMs), y(decade), '#eee');
  const sorted = buckets(result).map((bucket) =>
    bucket
      .filter(({ outcome }) => outcome === 'ok')
      .map(({ callNs, returnNs }) => (returnNs - callNs) / 1e6)
      .toSorted((a, b) => a - b),
  );
  for (const [share, color] of [
    [0.5, '#3366aa'],
    [0.99, '#cc3344'],
  ] as const) {
    let points: (readonly [number, number])[] = [];
    for (const [at, tookMs] of sorted.entries()) {
      const ms = tookMs[Math.min(tookMs.length - 1, Math.floor(share * tookMs.length))];
      if (ms !== undefined) points.push([sheet.x((at + 0.5) * BUCKET_MS), y(ms)]);
      // No line across a time without answers.
      if (ms !== undefined && at < sorted.length - 1) continue;
      if (points.length > 0) sheet.path(points, color);
      points = [];
    }
  }
}

const PROGRESS_HEIGHT = 40;

/** How long it took after each heal to the first write. */
export function drawProgress(sheet: Sheet, { heals }: NemesisResult): void {
  const top = sheet.band(PROGRESS_HEIGHT, 'first write after a heal');
  sheet.grid(top, PROGRESS_HEIGHT);
  const most = Math.max(1_000, ...heals.map(({ firstMs }) => firstMs));
  scale(sheet, top, `${(most / 1000).toFixed(1)} s`, '0', PROGRESS_HEIGHT);
  for (const { atMs, firstMs } of heals) {
    const height = (firstMs / most) * PROGRESS_HEIGHT;
    const x = sheet.x(atMs);
    sheet.rect(x, top + PROGRESS_HEIGHT - height, 4, height, '#3366aa', `${firstMs.toFixed(0)} ms`);
    sheet.text(x + 6, top + PROGRESS_HEIGHT - 2, firstMs.toFixed(0), { size: 8, color: FAINT });
  }
}

function scale(sheet: Sheet, top: number, most: string, least: string, height = HEIGHT): void {
  sheet.text(LEFT - 6, top + 9, most, { size: 9, color: FAINT, anchor: 'end' });
  sheet.text(LEFT - 6, top + height, least, { size: 9, color: FAINT, anchor: 'end' });
}
