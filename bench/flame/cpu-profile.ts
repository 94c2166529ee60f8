/** What V8's sampling profiler gives, and what it comes to for each function, file and folder. */
import type { Profiler } from 'node:inspector';

/** A function on the stack, with all that it called; times in microseconds. */
export interface Frame {
  readonly name: string;
  /** `src/raft/raft.ts:12`, `npm ws`, `node:net`, or the same as the name for what V8 does by itself. */
  readonly place: string;
  readonly folder: string;
  /** In it and in what it called. */
  readonly totalUs: number;
  /** In itself. */
  readonly selfUs: number;
  /** The heaviest first. */
  readonly children: readonly Frame[];
}

export interface Weight {
  readonly name: string;
  readonly selfUs: number;
  /** On the stack, however often. */
  readonly totalUs: number;
}

const IDLE = '(idle)';
const ROOT = '(root)';
const V8_ITSELF: ReadonlySet<string> = new Set(['(garbage collector)', '(program)']);

/** Everything but the time in which the thread had nothing to do. */
export function busyTree(profile: Profiler.Profile): Frame {
  const selfUs = selfTimes(profile);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const [root] = profile.nodes;
  if (root === undefined) throw new TypeError('a profile has a root');
  return frameOf([root], nodes, selfUs);
}

/** For how long the thread was looked at, in microseconds. */
export function durationUs(profile: Profiler.Profile): number {
  return profile.endTime - profile.startTime;
}

/** By function, file or folder, the heaviest by their own time first. */
export function weigh(tree: Frame, nameOf: (frame: Frame) => string): readonly Weight[] {
  const own = new Map<string, number>();
  const total = new Map<string, number>();
  const visit = (frame: Frame, above: ReadonlySet<string>): void => {
    const name = nameOf(frame);
    own.set(name, (own.get(name) ?? 0) + frame.selfUs);
    // What calls itself is on the stack more than once, and its time passes once.
    if (!above.has(name)) total.set(name, (total.get(name) ?? 0) + frame.totalUs);
    const below = above.has(name) ? above : new Set([...above, name]);
    for (const child of frame.children) visit(child, below);
  };
  for (const child of tree.children) visit(child, new Set());
  return [...own]
    .map(([name, selfUs]) => ({ name, selfUs, totalUs: total.get(name) ?? 0 }))
    .toSorted((one, other) => other.selfUs - one.selfUs);
}

function selfTimes({ samples = [], timeDeltas = [] }: Profiler.Profile): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  for (const [at, id] of samples.entries()) times.set(id, (times.get(id) ?? 0) + (timeDeltas[at] ?? 0));
  return times;
}

/** V8 lists a function more than once below the same caller: those are one. */
function frameOf(
  same: readonly Profiler.ProfileNode[],
  nodes: ReadonlyMap<number, Profiler.ProfileNode>,
  selfTimes: ReadonlyMap<number, number>,
): Frame {
  const groups = new Map<string, Profiler.ProfileNode[]>();
  for (const id of same.flatMap(({ children = [] }) => children)) {
    const node = nodes.get(id);
    if (node === undefined || node.callFrame.functionName === IDLE) continue;
    const { functionName, url, lineNumber } = node.callFrame;
    const key = `${functionName} ${url}:${lineNumber}`;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const children = [...groups.values()]
    .map((group) => frameOf(group, nodes, selfTimes))
    .filter(({ totalUs }) => totalUs > 0)
    .toSorted((one, other) => other.totalUs - one.totalUs);
  const selfUs = sum(same.map(({ id }) => selfTimes.get(id) ?? 0));
  const totalUs = selfUs + sum(children.map((child) => child.totalUs));
  const frame = same[0]?.callFrame;
  const name = frame?.functionName === '' ? '(anonymous)' : (frame?.functionName ?? ROOT);
  return { ...placeOf(name, frame?.url ?? '', frame?.lineNumber ?? 0), totalUs, selfUs, children };
}

/** @param line from 0 up */
export function placeOf(name: string, url: string, line: number): Pick<Frame, 'name' | 'place' | 'folder'> {
  if (url === '') return { name, place: name, folder: V8_ITSELF.has(name) ? name : 'native' };
  if (url.startsWith('node:')) return { name, place: url, folder: 'node' };
  const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (library !== undefined) return { name, place: `npm ${library}`, folder: `npm ${library}` };
  const file = /\/dist\/(.+)\.js$/.exec(url)?.[1];
  if (file === undefined) return { name, place: url, folder: 'elsewhere' };
  const folder = file.split('/').slice(0, file.startsWith('src/') ? 2 : 1);
  return { name, place: `${file}.ts:${line + 1}`, folder: folder.join('/') };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
