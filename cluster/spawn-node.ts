import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeId } from '../src/base/flavor.ts';
import { ClusterError } from './cluster-error.ts';
import type { NodePlace } from './cluster-file.ts';
import { identify } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

export interface NodeStart {
  readonly id: NodeId;
  readonly clusterId: string;
  readonly members: readonly NodePlace[];
  readonly dataPath: string;
  readonly logPath: string;
  /** Handed to `kvorum node` as they are. */
  readonly flags: readonly string[];
  /** Of another build of Kvorum; by default of this one. */
  readonly program?: string | undefined;
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One address, or one place, for all nodes is for none. */
const NOT_FOR_ALL = {
  KVORUM_ADDRESS: undefined,
  KVORUM_JOIN: undefined,
  KVORUM_LEARNER: undefined,
  KVORUM_LISTEN: undefined,
  KVORUM_PORT: undefined,
  KVORUM_REPLACE: undefined,
};

/**
 * V8 marks all objects again whenever they have grown by a part of what they were, and counts the bytes of
 * buffers among them: with a heap as small as that of a fresh node, that is every few large values. So it
 * begins as if it had so many MiB. From there on half as much again may be garbage, where V8 would let it be
 * several times as much; young objects have 8 MiB twice in place of 16.
 *
 * V8 would also tidy up while a node has nothing to do: it forgets the shapes of objects of which none are
 * alive, with them the optimized code that knows them, and the first ten seconds of writes would be compiled
 * once more, at up to twice the processor time. So it leaves idle nodes alone, and keeps shapes.
 */
const HEAP_FLAGS: readonly string[] = [
  '--initial-old-space-size=64',
  '--heap-growing-percent=50',
  '--max-semi-space-size=8',
  '--no-memory-reducer',
  '--retain-maps-for-n-gc=1000000',
];

/**
 * The C library would keep what is freed: apart for each of many threads, and more of it the larger the
 * pieces are. With two heaps, and pieces of 2 MiB on their own, a node with a million keys takes a fifth less.
 * In huge pages, where the system lends them to those who ask, it loads them in a tenth less time.
 */
const ALLOCATOR = {
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '2097152',
  MALLOC_TRIM_THRESHOLD_: '4194304',
};

/**
 * Starts a node in a session of its own, so that a Ctrl-C at the terminal reaches only the
 * supervisor, and the nodes are stopped in order, or left alone when it was asked for.
 */
export function spawnNode(start: NodeStart): ProcessIdentity {
  mkdirSync(dirname(start.logPath), { recursive: true });
  const log = openSync(start.logPath, 'a');
  try {
    const program = start.program ?? programPath();
    const child = spawn(process.execPath, [...HEAP_FLAGS, program, ...nodeArguments(start)], {
      detached: true,
      env: { ...ALLOCATOR, ...process.env, ...NOT_FOR_ALL, ...start.environment },
      stdio: ['ignore', log, log],
    });
    child.on('error', () => undefined); // told below, by the missing pid
    child.unref();
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity === undefined)
      throw new ClusterError('node-failed', `node ${start.id} could not be started`);
    return identity;
  } finally {
    closeSync(log);
  }
}

function nodeArguments(start: NodeStart): readonly string[] {
  const members = start.members.map((member) => `${member.id}=${member.address}`).join(',');
  const listen = start.members.find((member) => member.id === start.id)?.listen;
  return [
    'node',
    `--id=${start.id}`,
    `--cluster-id=${start.clusterId}`,
    `--members=${members}`,
    `--dir=${start.dataPath}`,
    '--allow-faults',
    ...(listen === undefined ? [] : [`--listen=${listen}`]),
    ...start.flags,
  ];
}

/** Beside the built form of this file; from the source itself, in dist. */
function programPath(): string {
  const beside = fileURLToPath(new URL('../cli/kvorum.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../dist/cli/kvorum.js', import.meta.url));
}

/** The last lines that a node printed, to show why it ended. */
export function lastLines(logPath: string, count: number): string {
  if (!existsSync(logPath)) return '';
  return readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
