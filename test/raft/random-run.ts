/** Runs of a few nodes under drawn weather, for properties of the core alone. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { RaftConfig } from '../../src/raft/config.ts';
import type { Raft } from '../../src/raft/raft.ts';
import { Cluster } from './cluster.ts';
import { Storm, type Weather } from './storm.ts';
import { Witness } from './witness.ts';

const STEPS = 3_000;

type Drawn<T> = { readonly [Name in keyof T]: fc.Arbitrary<number> };

/** What one mix never meets, another meets soon. */
export const WEATHER: Drawn<Required<Omit<Weather, 'change' | 'transfer'>>> = {
  loss: fc.constantFrom(0, 0.05, 0.3),
  repeat: fc.constantFrom(0, 0.1, 0.4),
  reorder: fc.constantFrom(0, 0.3, 1),
  crash: fc.constantFrom(0, 0.002, 0.01, 0.03),
  partition: fc.constantFrom(0, 0.002, 0.01),
  propose: fc.constantFrom(0.005, 0.05, 0.3),
  rot: fc.constantFrom(0, 0, 0.02, 0.2),
};

export const LIMITS: Drawn<Pick<RaftConfig, 'inflightAppendsMax' | 'appendEntriesMax'>> = {
  inflightAppendsMax: fc.constantFrom(1, 4),
  appendEntriesMax: fc.constantFrom(1, 3, 100),
};

export interface Run {
  readonly seed: number;
  readonly size: number;
  readonly weather: Weather;
  readonly limits: Partial<RaftConfig>;
}

/** A storm, and a calm in which the cluster must elect a leader and commit one more entry. */
export function weatherStorm({ seed, size, weather, limits }: Run): {
  readonly cluster: Cluster;
  readonly witness: Witness;
  readonly leader: Raft;
} {
  const random = new SeededRandom(seed);
  const cluster = new Cluster(size, () => random.fork(), limits);
  const witness = new Witness(cluster);
  const storm = new Storm(cluster, random, weather, witness);
  for (let n = 0; n < STEPS; n++) {
    storm.step();
    witness.look();
  }
  storm.calm();
  const leader = cluster.members.find((member) => member.raft.role === 'leader')?.raft;
  expect(leader?.propose([new Uint8Array(1)]).kind).toBe('accepted');
  storm.calm();
  witness.look();
  return { cluster, witness, leader: leader! };
}
