/** The stores that Kvorum is compared with, where their programs are installed. */
import { execFileSync } from 'node:child_process';
import { EtcdTarget } from './etcd.ts';
import { NatsTarget } from './nats.ts';
import type { StoreTarget } from './target.ts';
import { findZookeeper, ZookeeperTarget } from './zookeeper.ts';

export const PEER_NAMES = ['etcd', 'nats', 'zookeeper'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** A store whose program is there. */
export interface Peer {
  readonly name: PeerName;
  readonly version: string;
  create(firstPort: number): Promise<StoreTarget>;
}

/** Those of the named that are installed. */
export function installedPeers(names: readonly PeerName[]): readonly Peer[] {
  return names.flatMap((name) => findPeer(name) ?? []);
}

function findPeer(name: PeerName): Peer | undefined {
  switch (name) {
    case 'etcd':
      return peer(name, versionOf('etcd', '--version'), (port) => EtcdTarget.create(port));
    case 'nats': {
      const version = versionOf('nats-server', '--version');
      return peer(name, version, (port) => NatsTarget.create(port, version ?? ''));
    }
    case 'zookeeper': {
      const program = findZookeeper();
      if (program === undefined) return undefined;
      return peer(name, versionOf(program, 'version'), (port) => ZookeeperTarget.create(port, program));
    }
    default:
      return undefined;
  }
}

function peer(name: PeerName, version: string | undefined, create: Peer['create']): Peer | undefined {
  return version === undefined ? undefined : { name, version, create };
}

/** What the program says, if it is there. */
function versionOf(program: string, word: string): string | undefined {
  try {
    const said = execFileSync(program, [word], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /\d+\.\d+\.\d+/.exec(said)?.[0];
  } catch {
    return undefined;
  }
}
