/** A run as a picture: calls, latencies, who led when, and every fault as a bar. */
import { writeFileSync } from 'node:fs';
import type { NemesisResult } from './run-nemesis.ts';
import { drawCalls, drawLatencies, drawProgress } from './timeline/charts.ts';
import { drawFaults, drawNodes } from './timeline/lanes.ts';
import { LEFT, RIGHT, Sheet } from './timeline/sheet.ts';

const PIXELS_PER_SECOND = 8;
const WIDTH_MIN = 1_200;
const WIDTH_MAX = 12_000;

export function writeTimeline(path: string, result: NemesisResult, title: string): void {
  writeFileSync(path, timelineSvg(result, title));
}

export function timelineSvg(result: NemesisResult, title: string): string {
  const width = Math.min(
    WIDTH_MAX,
    Math.max(WIDTH_MIN, (result.durationMs / 1000) * PIXELS_PER_SECOND + LEFT + RIGHT),
  );
  const sheet = new Sheet(width, result.durationMs);
  sheet.heading(
    title,
    result.problems.length === 0 ? 'every promise was kept' : `${result.problems.length} problems`,
  );
  drawCalls(sheet, result);
  drawLatencies(sheet, result);
  drawProgress(sheet, result);
  drawNodes(sheet, result);
  drawFaults(sheet, result);
  return sheet.toString();
}
