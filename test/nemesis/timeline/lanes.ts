import type { NemesisResult } from '../run-nemesis.ts';
import type { Happened } from '../rounds.ts';
import type { NodeSample } from '../sampler.ts';
import { LEFT } from './sheet.ts';
import type { Sheet } from './sheet.ts';

const ROLES: readonly (readonly [name: string, color: string])[] = [
  ['leader', '#1f4e9c'],
  ['follower', '#d5dce8'],
  ['candidate', '#f2c14e'],
  ['paused', '#9b72c7'],
  ['down', '#f4b6b6'],
  ['no answer', '#ffffff'],
];
const COLOR_OF = new Map(ROLES);
/** Nodes that were there by then were there from the begin. */
const FIRST_MS = 2_000;
const ROLE_HEIGHT = 14;
const BAR_HEIGHT = 4;
const BARS = 4;
const ROW_HEIGHT = ROLE_HEIGHT + BARS * BAR_HEIGHT + 8;

/** What a fault's family looks like. */
function colorOf(kind: string): string {
  if (kind.startsWith('partition')) return '#d1495b';
  if (/^(kill|terminate|rolling|power)/.test(kind)) return '#333333';
  if (/^(pause|stutter)/.test(kind)) return '#9b72c7';
  if (/disk|file/.test(kind)) return '#b0622a';
  if (kind.startsWith('clock')) return '#2a9d8f';
  if (/transfers|replaced|removed|learner/.test(kind)) return '#0b7a3b';
  return '#e8974d';
}

const FAMILIES: readonly (readonly [name: string, color: string])[] = [
  ['partition', colorOf('partition')],
  ['link', colorOf('delay')],
  ['process, power', colorOf('kill')],
  ['pause', colorOf('pause')],
  ['disk', colorOf('disk')],
  ['clock', colorOf('clock')],
  ['members', colorOf('learner')],
];

/** When a node was a member. */
interface Presence {
  readonly id: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * A row a node: its role, with the term of each leadership, and below it the faults that hit it. A
 * node that came later has the row of one that had left by then.
 */
export function drawNodes(sheet: Sheet, result: NemesisResult): void {
  const rows = lanes(presences(result), ({ toMs }) => toMs);
  const height = rows.length * ROW_HEIGHT;
  const top = sheet.band(height, 'nodes');
  sheet.legend(top, ROLES);
  sheet.grid(top, height);
  for (const [row, nodes] of rows.entries()) {
    for (const node of nodes) drawNode(sheet, result, node, top + row * ROW_HEIGHT);
  }
}

function presences({ samples, durationMs }: NemesisResult): readonly Presence[] {
  const seen = new Map<number, Presence>();
  for (const { atMs, nodes } of samples.filter((sample) => sample.atMs <= durationMs)) {
    for (const { id } of nodes) seen.set(id, { id, fromMs: seen.get(id)?.fromMs ?? atMs, toMs: atMs });
  }
  return [...seen.values()];
}

function drawNode(sheet: Sheet, { samples, happened }: NemesisResult, node: Presence, y: number): void {
  const { id } = node;
  for (const { fromMs, toMs, role, term } of stretches(samples, node)) {
    const x = sheet.x(fromMs);
    const tip = `node ${id}: ${role}${term === undefined ? '' : `, term ${term}`}`;
    sheet.rect(x, y, sheet.x(toMs) - x, ROLE_HEIGHT, COLOR_OF.get(role) ?? '#fff', tip);
    if (role === 'leader') sheet.text(x + 2, y + ROLE_HEIGHT - 4, `${term}`, { size: 9, color: '#fff' });
  }
  if (node.fromMs < FIRST_MS) sheet.text(LEFT - 6, y + ROLE_HEIGHT - 3, `node ${id}`, { anchor: 'end' });
  else sheet.text(sheet.x(node.fromMs) - 3, y + ROLE_HEIGHT - 3, `node ${id}`, { size: 9, anchor: 'end' });
  drawBars(
    sheet,
    y + ROLE_HEIGHT + 1,
    happened.filter(({ nodes }) => nodes.includes(id)),
  );
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly role: string;
  readonly term: number | undefined;
}

/** Runs of samples in which a node stood the same. */
function* stretches(samples: NemesisResult['samples'], { id, fromMs, toMs }: Presence): Generator<Stretch> {
  let open: { fromMs: number; role: string; term: number | undefined } | undefined;
  for (const { atMs, nodes } of samples) {
    if (atMs < fromMs || atMs > toMs) continue;
    const node = nodes.find((each) => each.id === id);
    const role = node === undefined ? 'no answer' : roleOf(node);
    const term = role === 'leader' ? node?.term : undefined;
    if (open?.role === role && open.term === term) continue;
    if (open !== undefined) yield { ...open, toMs: atMs };
    open = { fromMs: atMs, role, term };
  }
  if (open !== undefined) yield { ...open, toMs };
}

function roleOf({ process, role }: NodeSample): string {
  if (process === 'stopped') return 'down';
  if (process === 'paused') return 'paused';
  if (role === 'leader' || role === 'follower') return role;
  return role === undefined ? 'no answer' : 'candidate';
}

function drawBars(sheet: Sheet, top: number, faults: readonly Happened[]): void {
  for (const [lane, mine] of lanes(faults, (fault) => fault.toMs).entries()) {
    for (const { kind, tells, fromMs, toMs } of mine) {
      const x = sheet.x(fromMs);
      const y = top + Math.min(lane, BARS - 1) * BAR_HEIGHT;
      sheet.rect(x, y, sheet.x(toMs) - x, BAR_HEIGHT - 1, colorOf(kind), `${kind}: ${tells}`);
    }
  }
}

const LANE_HEIGHT = 16;
const LETTER_WIDTH = 5.2;

/** Every fault with its name. */
export function drawFaults(sheet: Sheet, { happened, durationMs }: NemesisResult): void {
  const msPerPixel = durationMs / (sheet.x(durationMs) - LEFT);
  const endOf = ({ kind, fromMs, toMs }: Happened): number =>
    Math.max(toMs, fromMs + (kind.length * LETTER_WIDTH + 8) * msPerPixel);
  const packed = lanes(happened, endOf);
  const height = packed.length * LANE_HEIGHT;
  const top = sheet.band(height, 'faults');
  sheet.legend(top, FAMILIES);
  sheet.grid(top, height);
  for (const [lane, faults] of packed.entries()) {
    for (const { kind, tells, fromMs, toMs, fired } of faults) {
      const x = sheet.x(fromMs);
      const y = top + lane * LANE_HEIGHT;
      sheet.rect(x, y + 10, sheet.x(toMs) - x, 4, colorOf(kind), `${kind}: ${tells}, fired ${fired}`);
      sheet.text(x, y + 8, kind, { size: 9, color: colorOf(kind) });
    }
  }
}

/** Puts each into the first lane that is free by then. */
function lanes<T extends { readonly fromMs: number }>(
  items: readonly T[],
  endOf: (item: T) => number,
): T[][] {
  const lanes: T[][] = [];
  for (const item of items.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const lane = lanes.find((each) => endOf(each.at(-1)!) <= item.fromMs);
    if (lane === undefined) lanes.push([item]);
    else lane.push(item);
  }
  return lanes;
}
