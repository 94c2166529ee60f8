/** What may be wrong with the link from one end to another. All that is given happens at once. */
export interface LinkFault {
  /** No connection: those that are open are reset, new ones are refused. */
  readonly cut?: boolean;
  /** Nothing moves, and nobody is told; what was sent meanwhile arrives afterwards. */
  readonly stalled?: boolean;
  /** Everything arrives this much later, in ms… */
  readonly delayMs?: number;
  /** …and up to this much later still; TCP keeps the order. */
  readonly jitterMs?: number;
  readonly bytesPerSecond?: number;
  /** The chance, per chunk of bytes as it is read, that the connection is reset… */
  readonly resetChance?: number;
  /** …that one bit of it is flipped… */
  readonly flipChance?: number;
  /** …that its end is missing… */
  readonly truncateChance?: number;
  /** …or that all of it is. */
  readonly dropChance?: number;
}

export const SOUND: LinkFault = {};

/** All faults of a link in one: the worst of each. */
export function worstOf(faults: readonly LinkFault[]): LinkFault {
  const [first = SOUND, ...others] = faults;
  if (others.length === 0) return first;
  const most = (name: keyof LinkFault): number =>
    Math.max(...faults.map((fault) => Number(fault[name] ?? 0)));
  const rates = faults.map(({ bytesPerSecond }) => bytesPerSecond).filter((rate) => rate !== undefined);
  return {
    cut: most('cut') > 0,
    stalled: most('stalled') > 0,
    delayMs: most('delayMs'),
    jitterMs: most('jitterMs'),
    ...(rates.length === 0 ? {} : { bytesPerSecond: Math.min(...rates) }),
    resetChance: most('resetChance'),
    flipChance: most('flipChance'),
    truncateChance: most('truncateChance'),
    dropChance: most('dropChance'),
  };
}

/** How often each fault of a link did something: proof that it was there. */
export interface LinkFaultCounts {
  /** Connections that were reset or refused by a cut. */
  cuts: number;
  /** Chunks that had to wait for a stall to end. */
  stalls: number;
  /** Chunks that were delayed. */
  delays: number;
  /** Chunks that had to wait for their turn at the link's rate. */
  throttles: number;
  resets: number;
  flips: number;
  truncations: number;
  drops: number;
}

export function noCounts(): LinkFaultCounts {
  return { cuts: 0, stalls: 0, delays: 0, throttles: 0, resets: 0, flips: 0, truncations: 0, drops: 0 };
}
