import type { SimulatedNode } from './node.ts';
import type { World } from './world.ts';

/** How one node stood at one moment. */
export type Glyph = 'leader' | 'candidate' | 'follower' | 'paused' | 'down';

export interface Sample {
  readonly atMs: number;
  readonly nodes: readonly Glyph[];
  /** The highest term of any node. */
  readonly term: number;
  /** Links that are cut, each direction counted. */
  readonly cuts: number;
  /** Calls that ended well since the sample before. */
  readonly acknowledged: number;
}

const EVERY_MS = 250;

/** What a run looked like, for people: a sample every so often. */
export class Timeline {
  readonly samples: Sample[] = [];
  readonly #world: World;
  #calls = 0;

  constructor(world: World) {
    this.#world = world;
    this.#schedule();
  }

  #schedule(): void {
    this.#world.events.after(EVERY_MS * 1000, () => {
      this.#sample();
      this.#schedule();
    });
  }

  #sample(): void {
    const { events, nodes, network, calls } = this.#world;
    const fresh = calls.slice(this.#calls);
    this.#calls = calls.length;
    this.samples.push({
      atMs: events.nowUs / 1000,
      nodes: nodes.map(glyphOf),
      term: Math.max(...nodes.map(({ replica }) => replica?.inspect().term ?? 0)),
      cuts: network.cuts,
      acknowledged: fresh.filter(({ answer }) => answer.kind === 'ok').length,
    });
  }
}

function glyphOf(node: SimulatedNode): Glyph {
  if (node.replica === undefined) return 'down';
  if (node.paused) return 'paused';
  const { role } = node.replica.inspect();
  return role === 'pre-candidate' ? 'candidate' : role;
}
