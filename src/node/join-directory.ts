import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { MemberReport } from '../wire/admin-frames.ts';
import { replaceFile } from '../storage/atomic-file.ts';
import { acquireDirectoryLock } from '../storage/directory-lock.ts';
import { diskError, systemCode } from '../storage/disk-error.ts';
import { drawIncarnation, type Identity, readIdentity, writeIdentity } from '../storage/identity.ts';

/** What a cluster grants to whoever asks for a place. */
export interface GrantedPlace {
  readonly clusterId: string;
  readonly id: NodeId;
  readonly members: readonly MemberReport[];
}

/** What a new member says of itself. */
export interface Newcomer {
  /** `host:port` at which the others will find it. */
  readonly address: string;
  readonly incarnation: string;
  /** It is to have a vote as soon as it has caught up… */
  readonly wantsVote: boolean;
  /** …and to take the place of this one then. */
  readonly replaces: NodeId | undefined;
}

export interface JoinDirectoryOptions extends Omit<Newcomer, 'incarnation'> {
  readonly directory: string;
  /** Asks the cluster; the same incarnation must be given the same place. */
  readonly ask: (incarnation: string) => Promise<GrantedPlace>;
}

/**
 * The identity of a directory that is to be a new member's. An empty one asks the cluster for a place.
 * Its incarnation is on the disk before it is told to anyone, so that a node that dies on the way asks
 * for the same place again. A directory that has an identity keeps it.
 *
 * @throws StoreError whatever asking throws; DIRECTORY_LOCKED, DIRECTORY_MISMATCH, DISK_FULL, DISK_FAILED
 */
export async function joinDirectory(options: JoinDirectoryOptions): Promise<Identity> {
  const { directory, address, wantsVote, replaces, ask } = options;
  const lock = await acquireDirectoryLock(directory);
  try {
    const found = await readIdentity(directory);
    if (found !== undefined) return found;
    await requireEmpty(directory);
    const incarnation = await draftIncarnation(directory);
    const place = await ask(incarnation);
    const identity = identityOfPlace(place, { address, incarnation, wantsVote, replaces });
    await writeIdentity(directory, identity);
    await rm(join(directory, DRAFT), { force: true });
    return identity;
  } finally {
    await lock.release();
  }
}

/** Who a node is that was given a place. */
export function identityOfPlace(
  { clusterId, id, members }: GrantedPlace,
  { address, incarnation, wantsVote, replaces }: Newcomer,
): Identity {
  const others = members.filter((member) => member.id !== id);
  const known = others.filter((other) => other.incarnation !== '');
  return {
    clusterId,
    nodeId: id,
    address,
    incarnation,
    peers: new Map(known.map((other) => [other.id, other.incarnation])),
    joined: {
      members: others.map(({ id, address }) => ({ id, address })),
      isNew: true,
      wantsVote,
      replaces,
    },
    removed: false,
  };
}

const DRAFT = 'joining';

/** What a node with another name has promised must not be taken for what this one promises. */
async function requireEmpty(directory: string): Promise<void> {
  const names = await readdir(directory);
  const strange = names.find((name) => !name.startsWith('lock-') && !name.startsWith(DRAFT));
  if (strange === undefined) return;
  const message = `${directory} holds ${strange}, but no identity: a new member begins with an empty directory`;
  throw new StoreError('DIRECTORY_MISMATCH', message);
}

/** The one that this directory asks under: drawn once. */
async function draftIncarnation(directory: string): Promise<string> {
  const path = join(directory, DRAFT);
  try {
    const text = await readFile(path, 'utf8');
    if (/^[0-9a-f]{32}\n$/.test(text)) return text.trim();
    throw new StoreError('DIRECTORY_MISMATCH', `${path}: it is damaged; remove it to join anew`);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    if (systemCode(error) !== 'ENOENT') throw diskError(error, `reading ${path}`);
  }
  const incarnation = drawIncarnation();
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await replaceFile(path, `${incarnation}\n`);
  } catch (error) {
    throw diskError(error, `writing ${path}`);
  }
  return incarnation;
}
