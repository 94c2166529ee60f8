/** Every shape in which links between nodes can be cut for good, each with clients that go on asking. */
import type { NodeId } from '../base/flavor.ts';
import { SeededRandom } from '../base/seeded-random.ts';
import { type Link, linksAcross, linksBetween, linksWhere } from './links.ts';
import { execute, ownSubject, type RunResult } from './run.ts';
import { quietSwarm } from './schedule.ts';

export interface PartitionOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Cut for 40 election timeouts: long enough that a quorum which is whole must have made progress. */
  readonly links: readonly Link[];
}

const TIMEOUTS = 40;
const ASK_EVERY_MS = 300;

/** Runs the cluster, cuts the links, joins them again, and judges it all. */
export function runPartition({ seed, nodes, links }: PartitionOptions): RunResult {
  const swarm = quietSwarm({ nodes });
  const subject = ownSubject(swarm);
  const random = new SeededRandom(seed);
  const timeoutMs = swarm.electionTicksMax * swarm.tickMs;
  return execute({ seed }, swarm, subject, (world) => {
    world.run(3 * timeoutMs);
    world.perform({ kind: 'partition', links, lastsMs: TIMEOUTS * timeoutMs });
    for (let ms = 0; ms < TIMEOUTS * timeoutMs; ms += ASK_EVERY_MS) {
      const client = random.pick(world.clients);
      const workload = random.pick(subject.workloads);
      if (!client.overloaded) workload.next(random, (call, done) => client.submit(call, done));
      world.run(ASK_EVERY_MS);
    }
  });
}

function idsOf(nodes: number): readonly NodeId[] {
  return Array.from({ length: nodes }, (_, at) => at + 1);
}

/** All ways to part the nodes into two sides. */
export function symmetricSplits(nodes: number): readonly (readonly Link[])[] {
  const ids = idsOf(nodes);
  const splits: (readonly Link[])[] = [];
  // The last node stands on the other side: so no split comes twice.
  for (let side = 1; side < 2 ** (nodes - 1); side++) {
    splits.push(linksAcross(ids, new Set(ids.filter((_, at) => (side & (1 << at)) !== 0))));
  }
  return splits;
}

/** Each link alone, in each of its directions. */
export function singleLinks(nodes: number): readonly (readonly Link[])[] {
  return linksWhere(idsOf(nodes), () => true).map((link) => [link]);
}

/** Every graph of links that are left, up to the names of the nodes: 34 of five nodes. */
export function partialPartitions(nodes: number): readonly (readonly Link[])[] {
  const ids = idsOf(nodes);
  const pairs = ids.flatMap((a) => ids.filter((b) => b > a).map((b) => [a, b] as const));
  const orders = permutations(ids);
  const seen = new Set<string>();
  const shapes: (readonly Link[])[] = [];
  for (let graph = 0; graph < 2 ** pairs.length; graph++) {
    const cut = pairs.filter((_, at) => (graph & (1 << at)) === 0);
    const forms = orders.map((order) => formOf(cut, order));
    const canonical = forms.reduce((least, form) => (form < least ? form : least));
    if (seen.has(canonical)) continue;
    seen.add(canonical);
    shapes.push(cut.flatMap(([a, b]) => linksBetween(a, b)));
  }
  return shapes;
}

function formOf(pairs: readonly (readonly [NodeId, NodeId])[], order: readonly NodeId[]): string {
  const renamed = pairs.map(([a, b]) => {
    const [x, y] = [order[a - 1] ?? 0, order[b - 1] ?? 0];
    return x < y ? `${x}-${y}` : `${y}-${x}`;
  });
  return renamed.toSorted().join();
}

function permutations(ids: readonly NodeId[]): readonly (readonly NodeId[])[] {
  if (ids.length <= 1) return [ids];
  return ids.flatMap((first) =>
    permutations(ids.filter((id) => id !== first)).map((rest) => [first, ...rest]),
  );
}
