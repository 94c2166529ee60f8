import { randomInt } from 'node:crypto';
import { SeededRandom } from '../base/seeded-random.ts';
import type { Root } from '../machine/root.ts';
import type { Output, Reply } from '../replica/output.ts';
import { Replica } from '../replica/replica.ts';
import type { Restored } from '../replica/restored.ts';
import { msgpackCodec } from '../wire/msgpack-codec.ts';
import { sha256Digest } from '../wire/sha256-digest.ts';
import { type NodeConfig, replicaConfig } from './config.ts';
import { DiskWriter } from './disk-writer.ts';
import { stages } from './stage-histograms.ts';
import type { NodeStorages } from './storages.ts';
import { TurnLoop } from './turn-loop.ts';

/** The running part of a node: what there is once the cluster is formed. */
export interface Core {
  readonly replica: Replica;
  readonly disk: DiskWriter;
  readonly loop: TurnLoop;
}

export interface CoreOptions {
  readonly config: NodeConfig;
  readonly root: Root;
  readonly storages: NodeStorages;
  readonly restored: Restored;
  /** What a turn wants done, but for the disk's part. */
  readonly onOutput: (output: Output) => void;
  readonly onRefused: (replies: readonly Reply[]) => void;
  readonly onDiskFailure: (error: unknown) => void;
}

export function startCore(options: CoreOptions): Core {
  const { config, root, storages, restored, onOutput, onRefused, onDiskFailure } = options;
  const replica = new Replica({
    config: replicaConfig(config),
    root,
    codec: msgpackCodec,
    digest: sha256Digest,
    random: new SeededRandom(randomInt(2 ** 47)),
    restored,
    stages,
  });
  const disk = new DiskWriter({
    log: storages.log,
    state: storages.state,
    applied: restored.applied,
    onInput: (input) => loop.push(input),
    onFailure: onDiskFailure,
  });
  const loop = new TurnLoop({ replica, disk, limits: config.limits, onOutput, onRefused });
  return { replica, disk, loop };
}

/** What the disk still gets when a node stops. With all that the records hold stored, its next start has no long log to read and to replay. */
export async function settleDisk({ disk, replica }: Core, storesAll: boolean): Promise<void> {
  if (storesAll) await disk.finish(replica);
  else await disk.settle();
}
