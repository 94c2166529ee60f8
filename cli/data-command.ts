/** What every command that talks to a cluster has in common: its flags, its help page, its client, its end. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { Client } from '../src/client/client.ts';
import type { ConnectionEvent } from '../src/client/options.ts';
import { EXIT_STATUS_HELP } from './exit-status.ts';
import { reportFailure } from './failure.ts';
import { note } from './output.ts';

const DEFAULT_ENDPOINTS = '127.0.0.1:7401,127.0.0.1:7402,127.0.0.1:7403';
const DEFAULT_TIMEOUT = '5s';
/** When a command that still looks for the cluster says so, in ms. */
const PATIENCE_MS = 1_000;

/** Flags of every such command. */
export interface DataFlags {
  readonly endpoints: string;
  readonly json?: boolean;
  /** In ms. */
  readonly timeout: number;
}

/** What a command works with. */
export interface Work {
  readonly client: Client;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** For every call: the deadline and the signal. */
  readonly call: { readonly timeoutMs: number; readonly signal: AbortSignal };
}

/** Adds a command with the common flags and a help page of the common form. */
export function dataCommand(
  parent: Command,
  usage: string,
  summary: string,
  examples: readonly string[],
): Command {
  return parent
    .command(usage)
    .summary(summary)
    .description(summary)
    .addOption(
      new Option('--endpoints <list>', 'host:port of some nodes, separated by commas')
        .env('KVORUM_ENDPOINTS')
        .default(DEFAULT_ENDPOINTS),
    )
    .addOption(
      new Option('--timeout <time>', 'deadline, such as 500ms, 5s or 1m')
        .env('KVORUM_TIMEOUT')
        .argParser(parseTime)
        .default(parseTime(DEFAULT_TIMEOUT), DEFAULT_TIMEOUT),
    )
    .option('--json', 'print JSON: one object, or one on each line of a stream')
    .addHelpText(
      'after',
      `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}\n\n${EXIT_STATUS_HELP}`,
    );
}

/** A time in ms: `500ms`, `5s`, `1m`; a bare number is seconds. */
export function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match?.[2] ?? 's'];
  const timeMs = Math.round(Number(match?.[1]) * (unitMs ?? Number.NaN));
  if (!(timeMs > 0)) throw new InvalidArgumentError('A time is a number with ms, s, m or h, such as 500ms.');
  return timeMs;
}

/** A whole number from 0 up. */
export function parseWhole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Gathers a flag that may be given more than once. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Acts with a client, closes it, and turns a failure into a message and an exit status. */
export async function withClient(
  flags: DataFlags,
  act: (work: Work) => Promise<void>,
  onConnection: (event: ConnectionEvent) => void = () => undefined,
): Promise<void> {
  const interrupted = abortOnInterrupt();
  try {
    const { connect } = await import('../src/client/client.ts');
    const waiting = new Waiting(flags);
    const client = connect(flags.endpoints, {
      name: 'kvorum-cli',
      timeoutMs: flags.timeout,
      onConnection: (event) => {
        waiting.onConnection(event);
        onConnection(event);
      },
    });
    try {
      await act({ client, signal: interrupted, call: { timeoutMs: flags.timeout, signal: interrupted } });
    } finally {
      waiting.end();
      await client.close();
    }
  } catch (error) {
    process.exitCode = reportFailure(error, { json: flags.json === true });
  }
}

/** Says what a command waits for, once it waits for longer than one likes to. */
class Waiting {
  readonly #reasons = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  /** A program that reads JSON is told at the end. */
  constructor({ json }: DataFlags) {
    if (json === true) return;
    this.#timer = setTimeout(() => this.#tell(), PATIENCE_MS);
    this.#timer.unref();
  }

  onConnection(event: ConnectionEvent): void {
    if (event.kind === 'connected' && event.leader) this.end();
    else if (event.kind === 'connected') this.#reasons.set(event.endpoint, 'knows no leader');
    else this.#reasons.set(event.endpoint, event.reason);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tell(): void {
    if (this.#reasons.size === 0) return;
    const reasons = [...this.#reasons].map(([endpoint, reason]) => `${endpoint} ${reason}`);
    note(`still looking for the leader: ${reasons.join(', ')}`);
  }
}

/** The first Ctrl-C asks the command to end, the second one does not ask. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
  return controller.signal;
}
