import type { Command } from 'commander';
import { ClusterError } from '../../cluster/cluster-error.ts';
import type { ClusterErrorKind } from '../../cluster/cluster-error.ts';
import { LocalCluster } from '../../cluster/local-cluster.ts';

const DEFAULT_DIRECTORY = '.kvorum';

/** What each kind of failure tells a script. */
const EXIT_STATUS: Readonly<Record<ClusterErrorKind, number>> = {
  'no-cluster': 1,
  'not-running': 1,
  'bad-request': 2,
  'directory-damaged': 2,
  'no-leader': 3,
  'node-failed': 3,
  timeout: 4,
  interrupted: 130,
};

/** Flags of every `kvorum cluster` command. */
export interface ClusterFlags {
  readonly dir: string;
  readonly json?: boolean;
}

/** A `kvorum cluster` command with the flags that all of them have. */
export function clusterCommand(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--dir <path>', 'directory of the cluster', DEFAULT_DIRECTORY)
    .option('--json', 'print JSON');
}

/** The flags that name this cluster again; empty for the default directory. */
export function dirFlag(flags: ClusterFlags): string {
  return flags.dir === DEFAULT_DIRECTORY ? '' : ` --dir ${flags.dir}`;
}

/** Opens the cluster, acts on it, and turns a failure into a message and an exit status. */
export async function withCluster(
  flags: ClusterFlags,
  act: (cluster: LocalCluster) => Promise<void> | void,
): Promise<void> {
  await reportingFailure(async () => act(LocalCluster.open({ path: flags.dir })));
}

export async function reportingFailure(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    note(`error: ${error.message}`);
    process.exitCode = EXIT_STATUS[error.kind];
  }
}

/** For people: progress and errors, never data. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** For programs, and for people who asked for it. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What was done: one object under --json, a note otherwise. */
export function printDone(flags: ClusterFlags, done: Readonly<Record<string, unknown>>, words: string): void {
  if (flags.json === true) print(JSON.stringify(done));
  else note(words);
}
