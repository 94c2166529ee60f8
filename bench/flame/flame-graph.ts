import type { Frame } from './cpu-profile.ts';

/** A flame graph as SVG: who called whom from top to bottom, as wide as the time it took; hover for the numbers. */

const WIDTH = 1600;
const MARGIN = 10;
const HEAD = 64;
const ROW = 18;
const PIXELS_MIN = 0.6;
const CHARACTER = 6.3;
const COLOURS = [
  '#93c5fd',
  '#fcd34d',
  '#86efac',
  '#fca5a5',
  '#c4b5fd',
  '#67e8f9',
  '#bef264',
  '#f9a8d4',
  '#fdba74',
  '#a5b4fc',
  '#5eead4',
];
/** Not ours: told apart by shades of gray. */
const OTHERS = '#d4d4d8';
const LEGEND_GAP = 36;

interface Box {
  readonly frame: Frame;
  readonly x: number;
  readonly width: number;
  readonly depth: number;
}

export function flameGraph(title: string, tree: Frame): string {
  const boxes = layOut(tree);
  const depth = Math.max(0, ...boxes.map((box) => box.depth)) + 1;
  const height = HEAD + depth * ROW + MARGIN;
  const colours = coloursOf(boxes);
  const parts = [
    `<text x="${MARGIN}" y="22" font-size="15" font-weight="bold">${escaped(title)}</text>`,
    ...legend([...colours]),
    ...boxes.map((box) => draw(box, tree, colours.get(box.frame.folder) ?? OTHERS)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="ui-monospace, Menlo, monospace" font-size="10.5">
<style>g:hover > rect { stroke: black }</style>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`;
}

/** What is too narrow to be seen is left out, with all below it. */
function layOut(tree: Frame): readonly Box[] {
  const scale = (WIDTH - 2 * MARGIN) / Math.max(1, tree.totalUs);
  const boxes: Box[] = [];
  const place = (frames: readonly Frame[], start: number, depth: number): void => {
    let x = start;
    for (const frame of frames) {
      const width = frame.totalUs * scale;
      if (width >= PIXELS_MIN) {
        boxes.push({ frame, x, width, depth });
        place(frame.children, x, depth + 1);
      }
      x += width;
    }
  };
  place(tree.children, MARGIN, 0);
  return boxes;
}

/** Our folders each have a colour, the heaviest first; the rest share one. */
function coloursOf(boxes: readonly Box[]): ReadonlyMap<string, string> {
  const weights = new Map<string, number>();
  for (const { frame } of boxes) weights.set(frame.folder, (weights.get(frame.folder) ?? 0) + frame.selfUs);
  const folders = [...weights].toSorted(([, one], [, other]) => other - one).map(([folder]) => folder);
  const own = folders.filter((folder) => /^(src|npm)\b/.test(folder)).slice(0, COLOURS.length);
  return new Map([
    ...own.map((folder, at) => [folder, COLOURS[at] ?? OTHERS] as const),
    ['node, V8', OTHERS] as const,
  ]);
}

function draw({ frame, x, width, depth }: Box, tree: Frame, colour: string): string {
  const y = HEAD + depth * ROW;
  const part = (us: number): string => `${((us * 100) / tree.totalUs).toFixed(1)} %`;
  const about = `${frame.name}\n${frame.place}\n${part(frame.totalUs)} of the busy time, ${part(frame.selfUs)} in itself`;
  const characters = Math.floor((width - 6) / CHARACTER);
  const name = frame.name.length > characters ? `${frame.name.slice(0, characters - 1)}…` : frame.name;
  const label = characters < 3 ? '' : `<text x="${fixed(x + 3)}" y="${y + 12}">${escaped(name)}</text>`;
  const box = `<rect x="${fixed(x)}" y="${y}" width="${fixed(Math.max(0.5, width - 0.5))}" height="${ROW - 1}" fill="${colour}"/>`;
  return `<g><title>${escaped(about)}</title>${box}${label}</g>`;
}

function legend(colours: readonly (readonly [folder: string, colour: string])[]): readonly string[] {
  let x = MARGIN;
  return colours.map(([folder, colour]) => {
    const at = x;
    x += folder.length * CHARACTER + LEGEND_GAP;
    return `<rect x="${fixed(at)}" y="36" width="12" height="12" fill="${colour}"/><text x="${fixed(at + 17)}" y="46">${escaped(folder)}</text>`;
  });
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
