import type { RaftConfig } from '../../src/raft/config.ts';
import type { Raft } from '../../src/raft/raft.ts';
import { RAFT_CONFIG, votersOnly } from '../raft/cluster.ts';
import { diskWith, startNode } from './local-node.ts';
import { LocalMoves } from './local-moves.ts';
import { type Bounds, Search } from './search.ts';
import { entriesOf, type Start, type StartDisk } from './starts.ts';

/** One tick is a whole election timeout; requests are small, so that there are many of them. */
export const CONFIG_EXPLORED = {
  electionTicksMin: 1,
  electionTicksMax: 1_000,
  appendEntriesMax: 1,
  inflightAppendsMax: 2,
  diskStallTicks: 0,
} as const;

const EMPTY: StartDisk = { term: 0, log: [] };

export interface Exploration {
  readonly moves: LocalMoves;
  readonly search: Search;
}

/** A search over clusters of the given core. */
export function explore(
  core: typeof Raft,
  starts: readonly Start[],
  nodes: number,
  bounds: Bounds,
): Exploration {
  const members = Array.from({ length: nodes }, (_, n) => n + 1);
  const configs = members.map((id): RaftConfig => ({ ...RAFT_CONFIG, ...CONFIG_EXPLORED, id }));
  const configuration = votersOnly(members);
  const moves = new LocalMoves(core, configs, configuration);
  const search = new Search(moves, nodes, bounds);
  for (const { disks } of starts) {
    const numbers = configs.map((config, at) => {
      const { term, vote, log } = disks[at] ?? EMPTY;
      const disk = diskWith(configuration, term, vote, entriesOf({ term, log }), 0);
      return moves.numberOf(startNode(core, config, disk, []));
    });
    search.addStart(numbers);
  }
  return { moves, search };
}
