/** `kvorum node`: one node of a cluster, in this process, until a signal ends it. */
import { constants } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { StoreError } from '../src/base/errors.ts';
import type { EventLog, LogFormat } from '../src/node/event-log.ts';
import type { NodeConfig, NodeLimits, NodeSettings } from '../src/node/config.ts';
import type { RunningNode } from '../src/node/node.ts';
import type { MemberAddress } from '../src/wire/client-frames.ts';
import { readVersion } from './version.ts';

interface NodeFlags {
  readonly id: number;
  readonly members: readonly MemberAddress[];
  readonly clusterId: string;
  readonly dir: string;
  readonly listen?: string;
  readonly tickMs: number;
  readonly electionMs: number;
  readonly heartbeatMs: number;
  readonly valueBytesMax?: number;
  readonly limit?: Readonly<Record<string, number>>;
  readonly allowOrigin?: readonly string[];
  readonly machine?: readonly string[];
  readonly allowFaults?: boolean;
  readonly log?: LogFormat;
}

const HELP = `
Each flag can be given by the variable behind it; the flag wins.

Examples:
  $ kvorum node --id 1 --cluster-id demo --dir ./n1 --members 1=127.0.0.1:7401,2=127.0.0.1:7402,3=127.0.0.1:7403

Exit status: 0 stopped as asked, 1 failure, 2 bad usage, 3 configuration invalid, 4 data directory
locked, corrupt, lost or of another node, 5 port in use, 6 disk full or failed, 130 or 143 forced by a
second signal.`;

/** Adds `node` with a flag and a variable for everything that a node must be told. */
export function addNodeCommand(program: Command): void {
  const command = program.command('node').description('Run one node of a cluster').addHelpText('after', HELP);
  for (const option of [...requiredOptions(), ...tuningOptions()]) command.addOption(option);
  command.action((flags: NodeFlags) => runNode(flags));
}

function requiredOptions(): readonly Option[] {
  return [
    new Option('--id <number>', 'which of the members this node is')
      .env('KVORUM_ID')
      .argParser(parseCount)
      .makeOptionMandatory(),
    new Option('--members <list>', 'all nodes of the cluster, such as 1=host:7401,2=host:7402')
      .env('KVORUM_MEMBERS')
      .argParser(parseMembers)
      .makeOptionMandatory(),
    new Option('--cluster-id <name>', 'name of the cluster, the same on all its nodes')
      .env('KVORUM_CLUSTER_ID')
      .makeOptionMandatory(),
    new Option('--dir <path>', 'data directory, of this node alone').env('KVORUM_DIR').makeOptionMandatory(),
    new Option(
      '--listen <host:port>',
      "where to listen, if not at this node's address among the members",
    ).env('KVORUM_LISTEN'),
  ];
}

function tuningOptions(): readonly Option[] {
  const time = (flags: string, env: string, summary: string, defaultMs: number): Option =>
    new Option(flags, summary).env(env).argParser(parseCount).default(defaultMs);
  return [
    time('--tick-ms <ms>', 'KVORUM_TICK_MS', 'length of one tick of the timers', 20),
    time('--heartbeat-ms <ms>', 'KVORUM_HEARTBEAT_MS', 'a leader is heard of this often', 100),
    time(
      '--election-ms <ms>',
      'KVORUM_ELECTION_MS',
      'silence of a leader before an election, at least; at most twice that',
      800,
    ),
    new Option('--value-bytes-max <bytes>', 'largest value of a key')
      .env('KVORUM_VALUE_BYTES_MAX')
      .argParser(parseCount),
    new Option('--limit <name=number>', 'any other limit by its name; may be given again')
      .env('KVORUM_LIMIT')
      .argParser(parseLimits),
    new Option('--allow-origin <origin>', 'let web pages of this origin connect; may be given again')
      .env('KVORUM_ALLOW_ORIGIN')
      .argParser(collect),
    new Option('--machine <file>', 'a module that exports machines of your own; may be given again')
      .env('KVORUM_MACHINE')
      .argParser(collect),
    new Option('--allow-faults', 'let POST /faults cut the traffic to other nodes, for tests').env(
      'KVORUM_ALLOW_FAULTS',
    ),
    new Option('--log <format>', 'json or text; text on a terminal, json elsewhere')
      .env('KVORUM_LOG')
      .choices(['json', 'text']),
  ];
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
  const reason = await node.stopped;
  if (reason.kind === 'asked') process.exit(0);
  const { exitCode } = await import('../src/node/stop-reason.ts');
  log.error('exit', { code: reason.code, advice: new StoreError(reason.code, reason.message).advice });
  process.exit(exitCode(reason.code));
}

async function startOrExit(flags: NodeFlags, log: EventLog): Promise<RunningNode> {
  try {
    const { startNode } = await import('../src/node/node.ts');
    return await startNode(await configOf(flags), { log });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const { exitCode } = await import('../src/node/stop-reason.ts');
    log.error('node not started', { code: error.code, message: error.message, advice: error.advice });
    process.exit(exitCode(error.code));
  }
}

async function configOf(flags: NodeFlags): Promise<NodeConfig> {
  const { nodeConfig } = await import('../src/node/config.ts');
  const { loadMachines } = await import('../src/node/load-machines.ts');
  const { id, members, clusterId, dir, listen, tickMs, valueBytesMax } = flags;
  const electionTicksMin = Math.round(flags.electionMs / tickMs);
  // Whether the names are known is for the configuration to judge.
  const limits = {
    ...flags.limit,
    ...(valueBytesMax === undefined ? {} : { valueBytesMax }),
  } as Partial<NodeLimits>;
  const settings: NodeSettings = {
    id,
    members,
    clusterId,
    directory: dir,
    version: readVersion(),
    ...(listen === undefined ? {} : { listen }),
    tickMs,
    heartbeatTicks: Math.round(flags.heartbeatMs / tickMs),
    electionTicksMin,
    electionTicksMax: 2 * electionTicksMin,
    allowFaults: flags.allowFaults ?? false,
    originsAllowed: flags.allowOrigin ?? [],
    machines: await loadMachines(flags.machine ?? []),
    limits,
  };
  return nodeConfig(settings);
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

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function parseMembers(text: string): readonly MemberAddress[] {
  return text.split(',').map((item) => {
    const [, id, address] = /^(\d{1,9})=(.+)$/.exec(item.trim()) ?? [];
    if (id === undefined || address === undefined) {
      throw new InvalidArgumentError('It must be a list such as 1=host:7401,2=host:7402.');
    }
    return { id: Number(id), address };
  });
}

function parseLimits(
  text: string,
  before: Readonly<Record<string, number>> | undefined,
): Readonly<Record<string, number>> {
  const limits: Record<string, number> = { ...before };
  for (const item of text.split(',')) {
    const [, name, value] = /^([a-zA-Z]+)=(\d{1,15})$/.exec(item.trim()) ?? [];
    if (name === undefined)
      throw new InvalidArgumentError('It must be a name and a number, such as connectionsMax=100.');
    limits[name] = Number(value);
  }
  return limits;
}
