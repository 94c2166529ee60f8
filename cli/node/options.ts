import { InvalidArgumentError, Option } from 'commander';
import type { LogFormat } from '../../src/node/event-log.ts';
import type { MemberAddress } from '../../src/wire/client-frames.ts';
import { parseTime } from '../data-command.ts';

/** Flags of `kvorum node`. What is not given may stand in the directory. */
export interface NodeFlags {
  readonly id?: number;
  readonly members?: readonly MemberAddress[];
  readonly clusterId?: string;
  readonly dir: string;
  readonly listen?: string;
  readonly address?: string;
  readonly port?: number;
  /** `host:port` of nodes of the cluster that it is to join. */
  readonly join?: string;
  readonly replace?: number;
  readonly learner?: boolean;
  /** In ms. */
  readonly joinTimeout: number;
  readonly tickMs: number;
  readonly electionMs: number;
  readonly heartbeatMs: number;
  readonly clockDriftMax?: number;
  readonly valueBytesMax?: number;
  readonly limit?: Readonly<Record<string, number>>;
  readonly allowOrigin?: readonly string[];
  readonly machine?: readonly string[];
  readonly allowFaults?: boolean;
  readonly rebuild?: boolean;
  readonly log?: LogFormat;
}

/** A flag, and a variable, for everything that a node can be told. */
export function nodeOptions(): readonly Option[] {
  return [...placeOptions(), ...joinOptions(), ...tuningOptions()];
}

function placeOptions(): readonly Option[] {
  return [
    new Option('--data, --dir <path>', 'data directory, of this node alone')
      .env('KVORUM_DIR')
      .makeOptionMandatory(),
    new Option('--id <number>', 'which of the members of a new cluster this node is')
      .env('KVORUM_ID')
      .argParser(parseCount),
    new Option(
      '--members <list>',
      'all nodes of a new cluster, such as 1=host:7401,2=host:7402; later, where they are now',
    )
      .env('KVORUM_MEMBERS')
      .argParser(parseMembers),
    new Option('--cluster-id <name>', 'name of the cluster, the same on all its nodes').env(
      'KVORUM_CLUSTER_ID',
    ),
    new Option('--address <host:port>', 'where the others find this node').env('KVORUM_ADDRESS'),
    new Option('--port <port>', 'short for --address 127.0.0.1:PORT')
      .env('KVORUM_PORT')
      .argParser(parseCount),
    new Option('--listen <host:port>', 'where to listen, if not at that address').env('KVORUM_LISTEN'),
  ];
}

function joinOptions(): readonly Option[] {
  return [
    new Option('--join <endpoints>', 'join the cluster that has nodes at these endpoints').env('KVORUM_JOIN'),
    new Option('--replace <id>', 'with --join: take the place of this member, which is removed')
      .env('KVORUM_REPLACE')
      .argParser(parseCount),
    new Option('--learner', 'with --join: stay without a vote until `kvorum member promote`').env(
      'KVORUM_LEARNER',
    ),
    new Option('--join-timeout <time>', 'with --join: how long to try')
      .env('KVORUM_JOIN_TIMEOUT')
      .argParser(parseTime)
      .default(30_000, '30s'),
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
    new Option(
      '--clock-drift-max <share>',
      'how much clocks may differ in rate, 0.1 by default; 0: no lease reads; the same on all nodes',
    )
      .env('KVORUM_CLOCK_DRIFT_MAX')
      .argParser(parseShare),
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
    new Option('--rebuild', 'set the state aside, and build it anew from the log or from the other nodes'),
    new Option('--log <format>', 'json or text; text on a terminal, json elsewhere')
      .env('KVORUM_LOG')
      .choices(['json', 'text']),
  ];
}

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

function parseShare(text: string): number {
  if (!/^0(\.\d{1,6})?$/.test(text))
    throw new InvalidArgumentError('It must be a number from 0 up to, not including, 1, such as 0.1.');
  return Number(text);
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
