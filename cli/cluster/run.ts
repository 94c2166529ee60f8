import type { Command } from 'commander';
import { ClusterError } from '../../cluster/cluster-error.ts';
import type { ClusterErrorKind } from '../../cluster/cluster-error.ts';
import { LocalCluster } from '../../cluster/local-cluster.ts';
import { EXIT, EXIT_STATUS_HELP } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import { CommandFailure, reportFailure } from '../failure.ts';
import { note, printJson } from '../output.ts';

const DEFAULT_DIRECTORY = '.kvorum';

/** What each kind of failure tells a script. */
const STATUS: Readonly<Record<ClusterErrorKind, ExitStatus>> = {
  'no-cluster': EXIT.notFoundOrFalse,
  'not-running': EXIT.notFoundOrFalse,
  'bad-request': EXIT.badUsage,
  'directory-damaged': EXIT.badUsage,
  'no-leader': EXIT.notReachable,
  'node-failed': EXIT.notReachable,
  timeout: EXIT.timedOutOrUnknown,
  interrupted: EXIT.interrupted,
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
    .option('--json', 'print JSON')
    .addHelpText('after', `\n${EXIT_STATUS_HELP}`);
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
  await reportingFailure(flags, async () => act(LocalCluster.open({ path: flags.dir })));
}

export async function reportingFailure(flags: ClusterFlags, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    process.exitCode = reportFailure(asFailure(error), { json: flags.json === true });
  }
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof ClusterError)) return error;
  const code = error.kind.toUpperCase().replaceAll('-', '_');
  return new CommandFailure(code, STATUS[error.kind], error.message);
}

/** What was done: one object under --json, a note otherwise. */
export function printDone(flags: ClusterFlags, done: Readonly<Record<string, unknown>>, words: string): void {
  if (flags.json === true) printJson(done);
  else note(words);
}
