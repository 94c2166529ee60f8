/** Partitions of every shape, as the links that they cut. */
import type { NodeId } from '../../src/base/flavor.ts';
import type { Random } from '../../src/base/random.ts';
import type { Link } from './fault-network.ts';

export const PARTITION_SHAPES = [
  'isolate',
  'leader-alone',
  'halves',
  'one-way-out',
  'one-way-in',
  'one-link',
  'bridge',
  'ring',
  'leader-and-one',
  'everyone-alone',
] as const;

export type PartitionShape = (typeof PARTITION_SHAPES)[number];

export interface DrawnPartition {
  readonly links: readonly Link[];
  /** For people: who is cut off from whom. */
  readonly tells: string;
}

/** Draws a partition of a shape. `leader` stands in for anyone when nobody leads. */
export function drawPartition(
  shape: PartitionShape,
  ids: readonly NodeId[],
  leader: NodeId | undefined,
  random: Random,
): DrawnPartition {
  const order = shuffled(ids, random);
  const [first = 0] = order;
  const head = leader ?? first;
  const others = order.filter((id) => id !== head);
  switch (shape) {
    case 'isolate':
      return groups([[first], without(order, first)]);
    case 'leader-alone':
      return groups([[head], others]);
    case 'halves': {
      const at = random.integer(1, order.length - 1);
      return groups([order.slice(0, at), order.slice(at)]);
    }
    case 'one-way-out':
      return { links: without(order, first).map((id) => [first, id]), tells: `${first} is not heard` };
    case 'one-way-in':
      return { links: without(order, first).map((id) => [id, first]), tells: `${first} hears nobody` };
    case 'one-link': {
      const [other = 0] = others;
      return { links: [[other, head]], tells: `${other} does not reach ${head}` };
    }
    case 'bridge': {
      // One node reaches both sides, which do not reach each other.
      const rest = without(order, first);
      const at = Math.floor(rest.length / 2);
      return groups([
        [first, ...rest.slice(0, at)],
        [first, ...rest.slice(at)],
      ]);
    }
    case 'ring':
      return ring(order);
    case 'leader-and-one': {
      const [friend = 0, ...rest] = others;
      return groups([[head, friend], rest]);
    }
    case 'everyone-alone':
      return groups(order.map((id) => [id]));
  }
}

/** Two nodes reach each other when some group holds both. */
function groups(groups: readonly (readonly NodeId[])[]): DrawnPartition {
  const ids = [...new Set(groups.flat())];
  const together = (a: NodeId, b: NodeId): boolean => groups.some((g) => g.includes(a) && g.includes(b));
  const links = ids.flatMap((from) =>
    ids.filter((to) => to !== from && !together(from, to)).map((to): Link => [from, to]),
  );
  return { links, tells: groups.map((group) => group.toSorted((a, b) => a - b).join(',')).join(' / ') };
}

/** Each reaches only its two neighbours. */
function ring(order: readonly NodeId[]): DrawnPartition {
  const size = order.length;
  const near = (a: number, b: number): boolean => [1, size - 1].includes(Math.abs(a - b));
  const links = order.flatMap((from, a) =>
    order.filter((_, b) => a !== b && !near(a, b)).map((to): Link => [from, to]),
  );
  return { links, tells: `ring ${order.join('-')}` };
}

function without(ids: readonly NodeId[], id: NodeId): readonly NodeId[] {
  return ids.filter((each) => each !== id);
}

function shuffled(ids: readonly NodeId[], random: Random): readonly NodeId[] {
  const left = [...ids];
  const order: NodeId[] = [];
  while (left.length > 0) order.push(...left.splice(random.integer(0, left.length - 1), 1));
  return order;
}
