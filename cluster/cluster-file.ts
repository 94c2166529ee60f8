/**
 * What a local cluster remembers in its directory:
 *
 *     cluster.json        who belongs to it, and where each one listens
 *     partition.json      the cut that `partition` made, until `heal`
 *     n1/process.json     the process of node 1, when it was started
 *     n1/node.log         what node 1 printed, over all its lives
 *     n1/data/            node 1's own directory
 *
 * Each file is replaced as a whole, and the processes are written down one by one, so that two
 * commands at the same time do not undo each other.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NodeId } from '../src/base/flavor.ts';
import { ClusterError } from './cluster-error.ts';
import type { ProcessIdentity } from './process-identity.ts';

const VERSION = 1;

export interface NodePlace {
  readonly id: NodeId;
  /** `host:port`, for peers and clients. */
  readonly address: string;
  /** Where it listens, if a proxy stands at its address. */
  readonly listen?: string;
}

export interface ClusterFile {
  readonly version: number;
  readonly clusterId: string;
  readonly nodes: readonly NodePlace[];
  /** Handed to every node as they are, whenever it is started. */
  readonly nodeFlags: readonly string[];
}

/** Groups of nodes that can talk to each other; undefined when nothing is cut. */
export type Partition = readonly (readonly NodeId[])[] | undefined;

/** The paths inside a cluster's directory. */
export class ClusterDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The cluster that lives here; undefined when there is none yet. */
  read(): ClusterFile | undefined {
    const found = readJson(this.#clusterPath);
    if (found === undefined) return undefined;
    if (!isClusterFile(found)) {
      throw damaged(`${this.#clusterPath} is not a cluster file of version ${VERSION}`);
    }
    return found;
  }

  write(contents: Omit<ClusterFile, 'version'>): ClusterFile {
    const file = { version: VERSION, ...contents };
    writeJson(this.#clusterPath, file);
    return file;
  }

  readPartition(): Partition {
    const found = readJson(this.#partitionPath);
    return Array.isArray(found) ? found : undefined;
  }

  writePartition(partition: Partition): void {
    if (partition === undefined) rmSync(this.#partitionPath, { force: true });
    else writeJson(this.#partitionPath, partition);
  }

  /** The process that was last started for a node; it may have ended since. */
  readProcess(id: NodeId): ProcessIdentity | undefined {
    const found = readJson(this.#processPath(id));
    return isIdentity(found) ? found : undefined;
  }

  writeProcess(id: NodeId, identity: ProcessIdentity): void {
    writeJson(this.#processPath(id), identity);
  }

  dataPath(id: NodeId): string {
    return join(this.#nodePath(id), 'data');
  }

  logPath(id: NodeId): string {
    return join(this.#nodePath(id), 'node.log');
  }

  get #clusterPath(): string {
    return join(this.path, 'cluster.json');
  }

  get #partitionPath(): string {
    return join(this.path, 'partition.json');
  }

  #processPath(id: NodeId): string {
    return join(this.#nodePath(id), 'process.json');
  }

  #nodePath(id: NodeId): string {
    return join(this.path, `n${id}`);
  }
}

function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw damaged(`${path} cannot be read`, cause);
  }
}

function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, undefined, 2)}\n`);
  renameSync(draft, path);
}

function damaged(message: string, cause?: unknown): ClusterError {
  return new ClusterError('directory-damaged', message, { cause });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isClusterFile(value: unknown): value is ClusterFile {
  if (!isObject(value) || value['version'] !== VERSION || typeof value['clusterId'] !== 'string')
    return false;
  const nodes: unknown = value['nodes'];
  const flags: unknown = value['nodeFlags'];
  if (!Array.isArray(flags) || !flags.every((flag) => typeof flag === 'string')) return false;
  return Array.isArray(nodes) && nodes.length > 0 && nodes.every(isNodePlace);
}

function isNodePlace(value: unknown): value is NodePlace {
  if (!isObject(value) || !Number.isInteger(value['id'])) return false;
  const { address, listen } = value;
  return typeof address === 'string' && (listen === undefined || typeof listen === 'string');
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return isObject(value) && Number.isInteger(value['pid']) && typeof value['startedAt'] === 'string';
}
