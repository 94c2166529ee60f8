import type { Random } from '../../../src/base/random.ts';
import type { Link } from '../../../cluster/faults/fault-network.ts';
import type { LinkFault, LinkFaultCounts } from '../../../cluster/faults/link-fault.ts';
import { drawPartition, PARTITION_SHAPES } from '../../../cluster/faults/partition-shapes.ts';
import { allLinks, clientLinks, linksOf, logarithmic } from './field.ts';
import type { FaultKind, Field, Struck } from './field.ts';

interface Drawn {
  readonly fault: LinkFault;
  readonly tells: string;
}

interface LinkFaultKind {
  readonly name: string;
  /** What must have grown for it to have fired. */
  readonly counts: readonly (keyof LinkFaultCounts)[];
  readonly draw: (random: Random) => Drawn;
}

const percent = (chance: number): string => `${(100 * chance).toFixed(1)}%`;

const LINK_FAULTS: readonly LinkFaultKind[] = [
  {
    name: 'delay',
    counts: ['delays'],
    draw: (random) => {
      const delayMs = logarithmic(random, 5, 1_000);
      const jitterMs = random.integer(0, 2 * delayMs);
      return { fault: { delayMs, jitterMs }, tells: `${delayMs} ms + ${jitterMs} ms of jitter` };
    },
  },
  {
    name: 'throttle',
    counts: ['throttles'],
    draw: (random) => {
      const bytesPerSecond = logarithmic(random, 1_000, 100_000);
      return { fault: { bytesPerSecond }, tells: `${bytesPerSecond} B/s` };
    },
  },
  { name: 'stall', counts: ['stalls'], draw: () => ({ fault: { stalled: true }, tells: 'stalled' }) },
  {
    name: 'resets',
    counts: ['resets'],
    draw: (random) => chance(random, 'resetChance', 'resets'),
  },
  { name: 'lost-bytes', counts: ['drops'], draw: (random) => chance(random, 'dropChance', 'lost') },
  { name: 'flipped-bits', counts: ['flips'], draw: (random) => chance(random, 'flipChance', 'flipped') },
  {
    name: 'cut-off-bytes',
    counts: ['truncations'],
    draw: (random) => chance(random, 'truncateChance', 'cut off'),
  },
];

function chance(random: Random, name: keyof LinkFault, word: string): Drawn {
  const chance = logarithmic(random, 20, 300) / 1000;
  return { fault: { [name]: chance }, tells: `${percent(chance)} of chunks ${word}` };
}

/** Some links: one, all those of a node, or all. The one is of the leader, if there is one: nothing passes between two followers. */
function drawLinks(
  field: Field,
  random: Random,
): { readonly links: readonly Link[]; readonly tells: string } {
  const all = allLinks(field);
  const dice = random.integer(1, 100);
  const link = random.pick(all);
  if (dice <= 25) {
    const leader = field.leader();
    // Who led when it was last looked may be no member any more.
    const ofLeader = leader === undefined ? [] : linksOf(field, leader);
    const [from, to] = ofLeader.length === 0 ? link : random.pick(ofLeader);
    return { links: [[from, to]], tells: `${from} → ${to}` };
  }
  if (dice <= 65) return { links: linksOf(field, link[1]), tells: `node ${link[1]}` };
  return { links: all, tells: 'all links' };
}

function strikeLinks(
  field: Field,
  links: readonly Link[],
  kind: LinkFaultKind,
  drawn: Drawn,
  where: string,
): Struck {
  const sum = (): number => kind.counts.reduce((sum, name) => sum + field.network.counts[name], 0);
  const before = sum();
  const heal = field.network.strike(links, drawn.fault);
  const nodes = [...new Set(links.flat())].filter((end) => end !== 'client');
  return { tells: `${where}: ${drawn.tells}`, nodes, heal, fired: () => sum() - before, lingers: true };
}

const linkKinds: readonly FaultKind[] = LINK_FAULTS.map((kind) => ({
  name: kind.name,
  scope: 'network',
  lastsMs: [1_000, 6_000],
  strike: (field, random) => {
    const { links, tells } = drawLinks(field, random);
    return strikeLinks(field, links, kind, kind.draw(random), tells);
  },
}));

const clientKind: FaultKind = {
  name: 'clients',
  scope: 'network',
  lastsMs: [1_000, 5_000],
  strike: (field, random) => {
    const kind = random.pick(LINK_FAULTS);
    const links = random.chance(0.5) ? clientLinks(field) : [random.pick(clientLinks(field))];
    const drawn = kind.draw(random);
    const where = links.length === 1 ? `clients → ${links[0]?.[1]}` : 'clients';
    return strikeLinks(field, links, kind, { ...drawn, tells: `${kind.name}, ${drawn.tells}` }, where);
  },
};

const partitionKinds: readonly FaultKind[] = PARTITION_SHAPES.map((shape) => ({
  name: `partition-${shape}`,
  scope: 'network',
  lastsMs: [1_500, 7_000],
  strike: (field, random) => {
    const { links, tells } = drawPartition(shape, field.cluster.ids, field.leader(), random);
    if (links.length === 0) return undefined; // three nodes are a ring
    // Some partitions are seen at once, others only by silence.
    const silent = random.chance(0.5);
    const kind: LinkFaultKind = { name: 'cut', counts: ['cuts', 'stalls'], draw: () => drawn };
    const drawn: Drawn = {
      fault: silent ? { stalled: true } : { cut: true },
      tells: silent ? 'silent' : 'reset',
    };
    return strikeLinks(field, links, kind, drawn, tells);
  },
}));

export const NETWORK_FAULTS: readonly FaultKind[] = [...linkKinds, clientKind, ...partitionKinds];
