/** `kvorum node`: one node of a cluster, in this process, until a signal ends it. */
import { constants } from 'node:os';
import type { Command } from 'commander';
import { StoreError } from '../src/base/errors.ts';
import type { EventLog } from '../src/node/event-log.ts';
import type { RunningNode } from '../src/node/node.ts';
import { type NodeFlags, nodeOptions } from './node/options.ts';

const HELP = `
Each flag can be given by the variable behind it; the flag wins. A directory that was used before
knows its id, its cluster and its address: \`kvorum node --dir ./n1\` starts it again.

Examples:
  $ kvorum node --id 1 --cluster-id demo --dir ./n1 --members 1=127.0.0.1:7401,2=127.0.0.1:7402,3=127.0.0.1:7403
  $ kvorum node --join 127.0.0.1:7401,127.0.0.1:7402 --port 7404 --dir ./n4
  $ kvorum node --join 127.0.0.1:7401 --replace 2 --port 7405 --dir ./n5

Exit status: 0 stopped as asked, 1 failure, 2 bad usage, 3 configuration invalid, 4 data directory
locked, corrupt, lost or of another node, 5 port in use, 6 disk full or failed, 7 removed from the
cluster, 8 the cluster gave no place, 130 or 143 forced by a second signal.`;

/** Adds `node` with a flag and a variable for everything that a node must be told. */
export function addNodeCommand(program: Command): void {
  const command = program.command('node').description('Run one node of a cluster').addHelpText('after', HELP);
  for (const option of nodeOptions()) command.addOption(option);
  command.action((flags: NodeFlags) => runNode(flags));
}

async function runNode(flags: NodeFlags): Promise<void> {
  // What a node keeps is for its own user alone, LevelDB's files included.
  process.umask(0o077);
  const { lineLog } = await import('../src/node/event-log.ts');
  const format = flags.log ?? (process.stderr.isTTY ? 'text' : 'json');
  const log = lineLog(format, (line) => process.stderr.write(line));
  process.on('uncaughtExceptionMonitor', (error) => {
    log.error('broken invariant', { message: error.message, stack: error.stack });
  });
  const signals = new Signals(log);
  const node = await startOrExit(flags, log);
  signals.stop(node);
  if (node.wish !== undefined) {
    const { seekVote } = await import('./node/promotion.ts');
    void seekVote(node, log);
  }
  const reason = await node.stopped;
  if (reason.kind === 'asked') process.exit(0);
  const { exitCode } = await import('../src/node/stop-reason.ts');
  log.error('exit', { code: reason.code, advice: new StoreError(reason.code, reason.message).advice });
  process.exit(exitCode(reason.code));
}

async function startOrExit(flags: NodeFlags, log: EventLog): Promise<RunningNode> {
  try {
    const { startNode } = await import('../src/node/node.ts');
    const { identityOf } = await import('./node/join.ts');
    const { settingsFrom } = await import('./node/settings.ts');
    const identity = await identityOf(flags, log);
    return await startNode(await settingsFrom(flags, identity), { log });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const { exitCode } = await import('../src/node/stop-reason.ts');
    log.error('node not started', { code: error.code, message: error.message, advice: error.advice });
    process.exit(exitCode(error.code));
  }
}

/** The first signal stops the node in order, the second at once. */
class Signals {
  readonly #log: EventLog;
  #node: RunningNode | undefined;
  #asked = false;

  constructor(log: EventLog) {
    this.#log = log;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#on(signal));
  }

  /** From now on there is something to stop. */
  stop(node: RunningNode): void {
    this.#node = node;
  }

  #on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
    if (this.#asked || this.#node === undefined) process.exit(128 + constants.signals[signal]);
    this.#asked = true;
    this.#log.info('signal', { signal });
    void this.#node.stop();
  }
}
