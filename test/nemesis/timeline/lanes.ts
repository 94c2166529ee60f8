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

/** A row a node: its role, with the term of each leadership, and below it the faults that hit it. */
export function drawNodes(sheet: Sheet, { samples, happened, durationMs }: NemesisResult): void {
  const ids = [...new Set(samples.flatMap(({ nodes }) => nodes.map(({ id }) => id)))].toSorted(
    (a, b) => a - b,
  );
  const height = ids.length * ROW_HEIGHT;
  const top = sheet.band(height, 'nodes');
  sheet.legend(top, ROLES);
  sheet.grid(top, height);
  for (const [row, id] of ids.entries()) {
    const y = top + row * ROW_HEIGHT;
    sheet.text(LEFT - 6, y + ROLE_HEIGHT - 3, `node ${id}`, { anchor: 'end' });
    for (const { fromMs, toMs, role, term } of stretches(samples, id, durationMs)) {
      const x = sheet.x(fromMs);
      sheet.rect(
        x,
        y,
        sheet.x(toMs) - x,
        ROLE_HEIGHT,
        COLOR_OF.get(role) ?? '#fff',
        `node ${id}: ${role}, term ${term}`,
      );
      if (role === 'leader') sheet.text(x + 2, y + ROLE_HEIGHT - 4, `${term}`, { size: 9, color: '#fff' });
    }
    drawBars(
      sheet,
      y + ROLE_HEIGHT + 1,
      happened.filter(({ nodes }) => nodes.includes(id)),
    );
  }
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly role: string;
  readonly term: number | undefined;
}

/** Runs of samples in which a node stood the same. */
function* stretches(samples: NemesisResult['samples'], id: number, durationMs: number): Generator<Stretch> {
  let open: { fromMs: number; role: string; term: number | undefined } | undefined;
  for (const { atMs, nodes } of samples) {
    const node = nodes.find((each) => each.id === id);
    const role = node === undefined ? 'no answer' : roleOf(node);
    const term = role === 'leader' ? node?.term : undefined;
    if (open?.role === role && open.term === term) continue;
    if (open !== undefined) yield { ...open, toMs: atMs };
    open = { fromMs: atMs, role, term };
  }
  if (open !== undefined) yield { ...open, toMs: durationMs };
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

/** Puts each fault into the first lane that is free by then. */
function lanes(faults: readonly Happened[], endOf: (fault: Happened) => number): Happened[][] {
  const lanes: Happened[][] = [];
  for (const fault of faults.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const lane = lanes.find((each) => endOf(each.at(-1)!) <= fault.fromMs);
    if (lane === undefined) lanes.push([fault]);
    else lane.push(fault);
  }
  return lanes;
}
