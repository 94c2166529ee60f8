/** Shapes of partitions, as the links that they cut: each one from the first node to the second. */
import type { NodeId } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';

export type Link = readonly [from: NodeId, to: NodeId];

/** Both directions. */
export function linksBetween(a: NodeId, b: NodeId): readonly Link[] {
  return a === b
    ? []
    : [
        [a, b],
        [b, a],
      ];
}

/** Of one node with all others, or only what it says (out), or what it hears (in). */
export function linksOf(
  ids: readonly NodeId[],
  id: NodeId,
  direction: 'both' | 'out' | 'in',
): readonly Link[] {
  const links: Link[] = [];
  for (const other of ids) {
    if (other === id) continue;
    if (direction !== 'in') links.push([id, other]);
    if (direction !== 'out') links.push([other, id]);
  }
  return links;
}

/** Every link for which it holds. */
export function linksWhere(
  ids: readonly NodeId[],
  isCut: (from: NodeId, to: NodeId) => boolean,
): readonly Link[] {
  const links: Link[] = [];
  for (const from of ids) {
    for (const to of ids) if (from !== to && isCut(from, to)) links.push([from, to]);
  }
  return links;
}

/** Between two sides; `side` holds those of one. */
export function linksAcross(ids: readonly NodeId[], side: ReadonlySet<NodeId>): readonly Link[] {
  return linksWhere(ids, (from, to) => side.has(from) !== side.has(to));
}

/** All but those of each node with its two neighbours on a circle. */
export function linksOffRing(circle: readonly NodeId[]): readonly Link[] {
  return linksWhere(circle, (from, to) => {
    const distance = Math.abs(circle.indexOf(from) - circle.indexOf(to));
    return distance !== 1 && distance !== circle.length - 1;
  });
}

/** In an order of its own. */
export function shuffled<T>(random: Random, items: readonly T[]): readonly T[] {
  const left = [...items];
  for (let at = left.length - 1; at > 0; at--) {
    const other = random.integer(0, at);
    [left[at], left[other]] = [left[other] as T, left[at] as T];
  }
  return left;
}
