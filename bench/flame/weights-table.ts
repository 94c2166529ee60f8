import { aligned } from '../report/table.ts';
import { busyTree, durationUs, type Frame, weigh, type Weight } from './cpu-profile.ts';
import type { Profiler } from 'node:inspector';

const FUNCTIONS = 25;
const FILES = 15;

/** How busy the thread was, and with what: functions and files by their own time, folders by all of it. */
export function weightsTable(name: string, profile: Profiler.Profile): string {
  const tree = busyTree(profile);
  const busy = (tree.totalUs * 100) / durationUs(profile);
  return [
    `${name}: busy ${busy.toFixed(0)} % of ${(durationUs(profile) / 1e6).toFixed(1)} s; the parts are of that time`,
    block('FUNCTION', weigh(tree, functionOf).slice(0, FUNCTIONS), tree),
    block('FILE', weigh(tree, fileOf).slice(0, FILES), tree),
    block(
      'FOLDER',
      weigh(tree, ({ folder }) => folder),
      tree,
    ),
  ].join('\n\n');
}

function functionOf({ name, place }: Frame): string {
  return place === name ? name : `${name}  ${place}`;
}

function fileOf({ place }: Frame): string {
  return place.replace(/(\.ts):\d+$/, '$1');
}

function block(title: string, weights: readonly Weight[], { totalUs }: Frame): string {
  const part = (us: number): string => `${((us * 100) / totalUs).toFixed(1)} %`.padStart(7);
  const rows = weights.map(({ name, selfUs, totalUs }) => [part(selfUs), part(totalUs), name]);
  return aligned([['   SELF', '  TOTAL', title], ...rows], (cells) => cells.join('  ').trimEnd());
}
