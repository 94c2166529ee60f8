/** What is done to a cluster from outside, as data: drawn from a seed, or generated and shrunk by a test. */
import type { NodeId } from '../base/flavor.ts';
import type { ConfigurationChange } from '../raft/configuration.ts';
import type { Random } from '../base/random.ts';
import { type Link, linksAcross, linksOffRing, linksWhere, shuffled } from './links.ts';
import type { FaultKind, Swarm } from './swarm.ts';

/** A node by its id, or whoever leads at that moment (the first node if nobody does). */
export type Target = NodeId | 'leader';

/** A change of who makes up the cluster, or of who leads it; whom it is about is drawn when it happens. */
export interface MemberAction {
  readonly kind: 'membership';
  readonly change: 'add' | 'promote' | 'demote' | 'remove' | 'remove-leader' | 'replace' | 'transfer';
  /** How many come, or are replaced, at once. */
  readonly count: number;
  readonly transition: ConfigurationChange['transition'];
  /**
   * `twice`: another one follows before the first can be committed; `new-leader`: another node is made to
   * lead, and asked before it can have committed anything.
   */
  readonly when: 'now' | 'twice' | 'new-leader';
}

export type FaultAction =
  | MemberAction
  /** Every node in turn hands over, goes down and comes back. */
  | { readonly kind: 'rolling-restart'; readonly downMs: number; readonly stepMs: number }
  /** The node loses its disk: it never comes back, and must be replaced. */
  | { readonly kind: 'wipe'; readonly target: Target }
  | { readonly kind: 'crash'; readonly target: Target; readonly downMs: number }
  /** A node that does not stay up for long, over and over. */
  | {
      readonly kind: 'crash-loop';
      readonly target: Target;
      readonly upMs: number;
      readonly downMs: number;
      readonly lastsMs: number;
    }
  /** All nodes lose their power at once. */
  | { readonly kind: 'power-cut'; readonly downMs: number }
  | { readonly kind: 'pause'; readonly target: Target; readonly lastsMs: number }
  /** A pause in which timers pile up: all ticks that were missed come at once. */
  | { readonly kind: 'stall'; readonly target: Target; readonly lastsMs: number }
  /** Cuts links: each one from the first to the second. */
  | {
      readonly kind: 'partition';
      readonly links: readonly Link[];
      readonly lastsMs: number;
    }
  /** Cuts one node off: from all others, or only what it says, or only what it hears. */
  | {
      readonly kind: 'isolate';
      readonly target: Target;
      readonly direction: 'both' | 'out' | 'in';
      readonly lastsMs: number;
    }
  /** The leader and one other node do not reach each other; everyone else reaches both (Cloudflare, 2020-11-02). */
  | { readonly kind: 'half-dead'; readonly other: NodeId; readonly lastsMs: number }
  /** The leader loses its links one by one: first to one other node, then to all, while the rest perhaps start anew. */
  | {
      readonly kind: 'dying-leader';
      readonly other: NodeId;
      readonly afterMs: number;
      /** How long the rest are down; undefined: they stay up. */
      readonly downMs: number | undefined;
      readonly lastsMs: number;
    }
  /** Nodes are cut off one after another, and come back one after another (FoundationDB's swizzle-clogging). */
  | {
      readonly kind: 'swizzle';
      readonly order: readonly NodeId[];
      readonly stepMs: number;
      readonly lastsMs: number;
    }
  /**
   * Each leader in turn is cut off, and let back when the next one is: so logs grow apart, and whoever
   * campaigns then is behind in one way and ahead in another (Raft paper, figure 8).
   */
  | {
      readonly kind: 'depose';
      readonly times: number;
      /** How long the next leader may lead. */
      readonly leadsMs: number;
      /** A leader's disk does nothing while it is cut off. */
      readonly stallsDisk: boolean;
      /** For how long a new leader is waited for. */
      readonly lastsMs: number;
    }
  | { readonly kind: 'slow-disk'; readonly target: Target; readonly times: number; readonly lastsMs: number }
  /** The disk does nothing for a while. */
  | { readonly kind: 'stalled-disk'; readonly target: Target; readonly lastsMs: number }
  | {
      readonly kind: 'full-disk';
      readonly target: Target;
      readonly room: 'low' | 'full';
      readonly lastsMs: number;
    }
  | { readonly kind: 'drift'; readonly target: Target; readonly rate: number; readonly lastsMs: number }
  | { readonly kind: 'clock-jump'; readonly target: Target; readonly byMs: number }
  /** The node crashes, and a bit of its log turns over while it is down. */
  | {
      readonly kind: 'rot';
      readonly target: Target;
      readonly downMs: number;
      /** All others die with it, and come back at about the same time: so that its vote counts. */
      readonly endsAll: boolean;
    }
  /** A write or a sync of the node's log fails: it stops, and is started again. */
  | { readonly kind: 'disk-error'; readonly target: Target }
  /** The node crashes, and finds its stored state damaged when it starts. */
  | { readonly kind: 'lose-state'; readonly target: Target; readonly downMs: number }
  /** A client forgets all that it asked for, and comes back as a new one. */
  | { readonly kind: 'client-crash'; readonly client: number };

const ROT_CHANCE = 0.1;

/** Draws the next fault; undefined if the run has none that comes as an action. */
export function drawFault(random: Random, swarm: Swarm): FaultAction | undefined {
  const kinds = swarm.faults.enabled.filter((kind) => MAKERS[kind] !== undefined);
  if (kinds.length === 0) return undefined;
  // Only there is a log that can rot.
  if (swarm.disk.real && kinds.includes('rot') && random.chance(ROT_CHANCE))
    return MAKERS.rot?.(random, swarm);
  return MAKERS[random.pick(kinds)]?.(random, swarm);
}

type Maker = (random: Random, swarm: Swarm) => FaultAction;

const MAKERS: Partial<Record<FaultKind, Maker>> = {
  crash: drawCrash,
  'power-cut': (random, swarm) => ({ kind: 'power-cut', downMs: lasts(random, swarm) / 4 }),
  pause: (random, swarm) => ({ kind: 'pause', target: target(random, swarm), lastsMs: lasts(random, swarm) }),
  stall: (random, swarm) => ({
    kind: 'stall',
    target: target(random, swarm),
    lastsMs: random.integer(50, 5000),
  }),
  partition: drawPartition,
  membership: (random) => ({
    kind: 'membership',
    change: random.pick([
      'add',
      'add',
      'promote',
      'promote',
      'demote',
      'remove',
      'remove-leader',
      'replace',
      'replace',
    ]),
    count: random.integer(1, 3),
    transition: random.pick(['auto', 'auto', 'joint', 'explicit']),
    when: random.pick(['now', 'now', 'twice', 'new-leader']),
  }),
  transfer: () => ({ kind: 'membership', change: 'transfer', count: 1, transition: 'auto', when: 'now' }),
  'rolling-restart': (random, swarm) => ({
    kind: 'rolling-restart',
    downMs: lasts(random, swarm) / 4,
    stepMs: lasts(random, swarm),
  }),
  rot: (random, swarm) => ({
    kind: 'rot',
    target: target(random, swarm),
    downMs: lasts(random, swarm) / 2,
    endsAll: random.chance(0.5),
  }),
  'disk-error': (random, swarm) => ({ kind: 'disk-error', target: target(random, swarm) }),
  wipe: (random, swarm) => ({ kind: 'wipe', target: target(random, swarm) }),
  'client-crash': (random, swarm) => ({
    kind: 'client-crash',
    client: random.integer(0, swarm.clients.clients - 1),
  }),
  drift: (random, swarm) => ({
    kind: 'drift',
    target: target(random, swarm),
    rate: driftRate(random, swarm),
    lastsMs: 4 * lasts(random, swarm),
  }),
  'clock-jump': (random, swarm) => ({
    kind: 'clock-jump',
    target: target(random, swarm),
    byMs: random.pick([-3.6e6, -5000, 5000, 3.6e6, 3.2e11]),
  }),
  'slow-disk': (random, swarm) => ({
    kind: 'slow-disk',
    target: target(random, swarm),
    times: random.pick([10, 100]),
    lastsMs: lasts(random, swarm),
  }),
  'stalled-disk': (random, swarm) => ({
    kind: 'stalled-disk',
    target: target(random, swarm),
    lastsMs: random.integer(500, 10_000),
  }),
  'full-disk': (random, swarm) => ({
    kind: 'full-disk',
    target: target(random, swarm),
    room: random.pick(['low', 'full']),
    lastsMs: lasts(random, swarm),
  }),
  'lose-state': (random, swarm) => ({
    kind: 'lose-state',
    target: target(random, swarm),
    downMs: lasts(random, swarm) / 2,
  }),
};

function target(random: Random, swarm: Swarm): Target {
  return random.chance(swarm.faults.leaderBias) ? 'leader' : random.integer(1, swarm.nodes);
}

function lasts(random: Random, swarm: Swarm): number {
  return random.integer(1, Math.ceil(swarm.faults.lastsMaxMs));
}

/** Some nodes are back before anyone misses them, and some go again. */
function drawCrash(random: Random, swarm: Swarm): FaultAction {
  const electionMs = swarm.electionTicksMin * swarm.tickMs;
  const aim = target(random, swarm);
  const soonMs = random.integer(1, Math.ceil(electionMs / 4));
  if (random.chance(0.2)) {
    const upMs = random.integer(1, electionMs);
    return { kind: 'crash-loop', target: aim, upMs, downMs: soonMs, lastsMs: lasts(random, swarm) };
  }
  return { kind: 'crash', target: aim, downMs: random.chance(0.2) ? soonMs : lasts(random, swarm) };
}

/** No clock runs faster than so many times real time. */
export const CLOCK_RATE_MAX = 2;

/** The fastest and the slowest clock differ by all that leases allow, or by far more. */
export function driftRate(random: Random, { clockDriftMax, driftsBeyond }: Swarm): number {
  if (driftsBeyond || clockDriftMax === 0) return random.pick([0.5, 0.8, 0.95, 1.05, 1.2, CLOCK_RATE_MAX]);
  const slowest = Math.sqrt(1 - clockDriftMax);
  return random.pick([slowest, (1 + slowest) / 2, 1 / slowest]);
}

const SHAPES = [
  'sides',
  'sides',
  'isolate',
  'isolate',
  'one-way',
  'graph',
  'bridge',
  'ring',
  'half-dead',
  'dying-leader',
  'dying-leader',
  'swizzle',
  'depose',
  'depose',
] as const;

/** Two sides, one node alone, one direction only, any graph of links, or a shape with a name. */
function drawPartition(random: Random, swarm: Swarm): FaultAction {
  const lastsMs = lasts(random, swarm);
  const ids = Array.from({ length: swarm.nodes }, (_, at) => at + 1);
  const shape = random.pick(SHAPES);
  switch (shape) {
    case 'isolate': {
      const direction = random.pick(['both', 'both', 'out', 'in'] as const);
      return { kind: 'isolate', target: target(random, swarm), direction, lastsMs };
    }
    case 'half-dead':
      return { kind: 'half-dead', other: random.pick(ids), lastsMs };
    case 'dying-leader':
      return drawDyingLeader(random, swarm, random.pick(ids));
    case 'depose':
      return drawDepose(random, swarm);
    case 'swizzle': {
      const order = shuffled(random, ids).slice(0, random.integer(1, ids.length));
      return { kind: 'swizzle', order, stepMs: random.integer(1, lastsMs), lastsMs };
    }
    case 'ring':
      return { kind: 'partition', links: linksOffRing(shuffled(random, ids)), lastsMs };
    case 'graph':
      return { kind: 'partition', links: linksWhere(ids, () => random.chance(0.4)), lastsMs };
    case 'sides':
    case 'one-way':
    case 'bridge': {
      const side = new Set(ids.filter(() => random.chance(0.5)));
      const bridge = shape === 'bridge' ? random.pick(ids) : 0;
      const links = linksAcross(ids, side).filter(([from, to]) => {
        if (from === bridge || to === bridge) return false;
        return shape !== 'one-way' || side.has(from);
      });
      return { kind: 'partition', links, lastsMs };
    }
  }
}

function drawDyingLeader(random: Random, swarm: Swarm, other: NodeId): FaultAction {
  const electionMs = swarm.electionTicksMin * swarm.tickMs;
  const downMs = random.chance(0.5) ? random.integer(1, Math.ceil(electionMs / 4)) : undefined;
  const afterMs = random.integer(1, 2 * electionMs);
  return { kind: 'dying-leader', other, afterMs, downMs, lastsMs: afterMs + lasts(random, swarm) };
}

function drawDepose(random: Random, swarm: Swarm): FaultAction {
  const electionMs = swarm.electionTicksMin * swarm.tickMs;
  return {
    kind: 'depose',
    times: random.integer(2, 5),
    leadsMs: random.integer(0, Math.ceil(electionMs / random.pick([1, 4, 20]))),
    stallsDisk: random.chance(0.3),
    lastsMs: random.integer(2, 8) * electionMs,
  };
}
