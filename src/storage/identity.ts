import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from '@node-rs/crc32';
import { StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import { replaceFile } from './atomic-file.ts';
import { diskError, systemCode } from './disk-error.ts';

/** Whose data a directory holds. */
export interface Identity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** `host:port` at which the others find this node, as it was last; empty if it was never written down. */
  readonly address: string;
  /** Drawn once when the directory was made: a node that lost its directory comes back with another. */
  readonly incarnation: string;
  /**
   * Under which incarnation this node met each of the others; undefined until it has met all of them:
   * only then is it formed, and may vote.
   */
  readonly peers: ReadonlyMap<NodeId, string> | undefined;
  /** How this node came into a cluster that ran already; undefined for those that formed it. */
  readonly joined: Joining | undefined;
  /** The cluster has removed this node: it takes part in nothing, for ever. */
  readonly removed: boolean;
}

/** What a node that joined was told, and what it still wants. */
export interface Joining {
  /** The members then, to find the cluster by until the log tells who they are. */
  readonly members: readonly { readonly id: NodeId; readonly address: string }[];
  /** Its log was not made yet. From the first start on, one that is missing is a promise forgotten. */
  readonly isNew: boolean;
  /** It wants a vote as soon as it has caught up, in the place of `replaces` if that is given. */
  readonly wantsVote: boolean;
  readonly replaces: NodeId | undefined;
}

/** What the file says, beside its checksum. */
interface StoredIdentity {
  readonly version: number;
  readonly clusterId: string;
  readonly nodeId: NodeId;
  readonly address?: string;
  readonly incarnation: string;
  readonly formed: boolean;
  readonly peers: Readonly<Record<string, string>>;
  readonly joined?: Joining;
  readonly removed?: boolean;
}

const NAME = 'identity.json';
/** The same once more, written first: so it is never older, and one damaged place never takes both. */
const COPY_NAME = 'identity.copy.json';
/** Format 1 had no `address`, `joined` and `removed`. */
const VERSION = 2;
const INCARNATION_BYTES = 16;

/** A new incarnation: unlike every other one. */
export function drawIncarnation(): string {
  return randomBytes(INCARNATION_BYTES).toString('hex');
}

/**
 * The identity that a directory bears; undefined if it bears none, and only then.
 *
 * @throws StoreError DIRECTORY_MISMATCH if it cannot be read, or is of a later release; DISK_FAILED
 */
export async function readIdentity(directory: string): Promise<Identity | undefined> {
  const path = join(directory, NAME);
  const [text, copy] = [await readText(path), await readText(join(directory, COPY_NAME))];
  if (text === undefined && copy === undefined) return undefined;
  try {
    const sound = parseIdentity(path, text ?? '');
    if (copy !== text) await writeIdentity(directory, sound);
    return sound;
  } catch (error) {
    const identity = copy === undefined ? undefined : soundIdentity(join(directory, COPY_NAME), copy);
    if (identity === undefined) throw error;
    await writeIdentity(directory, identity);
    return identity;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw diskError(error, `reading ${path}`);
  }
}

function soundIdentity(path: string, text: string): Identity | undefined {
  try {
    return parseIdentity(path, text);
  } catch {
    return undefined;
  }
}

/** Makes the directory if it is not there. Durable, whole or not at all. @throws StoreError DISK_FULL, DISK_FAILED */
export async function writeIdentity(directory: string, identity: Identity): Promise<void> {
  const path = join(directory, NAME);
  const { clusterId, nodeId, address, incarnation, joined, removed } = identity;
  const formed = identity.peers !== undefined;
  const peers = Object.fromEntries(identity.peers ?? []);
  const body: StoredIdentity = {
    version: VERSION,
    clusterId,
    nodeId,
    address,
    incarnation,
    formed,
    peers,
    ...(joined === undefined ? {} : { joined }),
    removed,
  };
  const checksum = crc32(JSON.stringify(body));
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const text = `${JSON.stringify({ ...body, checksum }, undefined, 2)}\n`;
    await replaceFile(join(directory, COPY_NAME), text);
    await replaceFile(path, text);
  } catch (error) {
    throw diskError(error, `writing ${path}`);
  }
}

/** @throws StoreError DIRECTORY_MISMATCH if the directory is of another cluster or node */
export function checkIdentity(directory: string, found: Identity, clusterId: string, nodeId: NodeId): void {
  if (found.clusterId !== clusterId) {
    throw mismatch(directory, `it belongs to cluster ${found.clusterId}, not ${clusterId}`);
  }
  if (found.nodeId !== nodeId) throw mismatch(directory, `it belongs to node ${found.nodeId}, not ${nodeId}`);
}

function parseIdentity(path: string, text: string): Identity {
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch (error) {
    throw mismatch(path, 'it is damaged: no JSON', error);
  }
  const { checksum, ...body } = fields;
  const version = body['version'];
  // What a later release puts there, and how it checks it, only that release knows.
  if (typeof version === 'number' && version > VERSION) {
    throw mismatch(path, `format ${version} is of a later release; this one knows up to ${VERSION}`);
  }
  if ((version !== VERSION && version !== 1) || checksum !== crc32(JSON.stringify(body))) {
    throw mismatch(path, 'it is damaged: the checksum does not fit');
  }
  // The checksum fits: this is what writeIdentity wrote.
  const sound = body as unknown as StoredIdentity;
  const { clusterId, nodeId, address = '', incarnation, formed, joined, removed = false } = sound;
  const peers = new Map(Object.entries(sound.peers).map(([id, peer]) => [Number(id), peer]));
  return {
    clusterId,
    nodeId,
    address,
    incarnation,
    peers: formed ? peers : undefined,
    joined: joined && { ...joined, replaces: joined.replaces },
    removed,
  };
}

function mismatch(place: string, what: string, cause?: unknown): StoreError {
  return new StoreError('DIRECTORY_MISMATCH', `${place}: ${what}`, { cause });
}
