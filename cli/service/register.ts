import type { Command } from 'commander';
import type { InstanceDescription } from '../../src/client/registry-client.ts';
import { collect, dataCommand, parseTime, withClient } from '../data-command.ts';
import type { DataFlags, Work } from '../data-command.ts';
import { note, print, printJson } from '../output.ts';
import { splitAddress } from './address.ts';
import { parseMeta } from './meta.ts';

interface RegisterFlags extends DataFlags {
  readonly id?: string;
  readonly tag?: readonly string[];
  readonly meta?: readonly string[];
  readonly ttl?: number;
  readonly removeAfter?: number;
  readonly keep?: boolean;
}

export function addRegisterCommand(parent: Command): void {
  dataCommand(parent, 'register <service> <address>', 'Register an instance of a service; prints its id', [
    'kvorum service register api 10.0.0.7:8080 --id api-1 --tag v2 --meta zone=a',
    'kvorum service register api 10.0.0.7:8080 --ttl 10s --keep',
  ])
    .option('--id <id>', 'unique within the service; drawn if left out')
    .option('--tag <tag>', 'may be given more than once', collect)
    .option('--meta <name=value>', 'may be given more than once', collect)
    .option('--ttl <time>', 'critical after so long without a heartbeat (default: 15s)', parseTime)
    .option('--remove-after <time>', 'removed after so long in critical state (default: 1m)', parseTime)
    .option('--keep', 'send the heartbeats until Ctrl-C, then deregister')
    .action((service: string, address: string, flags: RegisterFlags) =>
      withClient(flags, async (work) => {
        const description = describe(service, address, flags);
        if (flags.keep === true) await keepRegistered(work, description, flags);
        else await registerOnce(work, description, flags);
      }),
    );
}

async function registerOnce(
  { client, call }: Work,
  description: InstanceDescription,
  flags: RegisterFlags,
): Promise<void> {
  const { id, replaced, revision } = await client.registry.registerOnce(description, call);
  if (flags.json === true) printJson({ service: description.service, id, replaced, revision });
  else print(id);
}

async function keepRegistered(
  { client, call, signal }: Work,
  description: InstanceDescription,
  flags: RegisterFlags,
): Promise<void> {
  const registration = await client.registry.register(description, call);
  const { service, id } = registration;
  if (flags.json === true) printJson({ service, id });
  else print(id);
  note('sending heartbeats until Ctrl-C');
  await untilAborted(signal);
  await registration.close({ timeoutMs: flags.timeout });
}

/** Keeps the process alive meanwhile. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => undefined, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

function describe(service: string, address: string, flags: RegisterFlags): InstanceDescription {
  const { id, tag, meta, ttl, removeAfter } = flags;
  return {
    service,
    ...splitAddress(address),
    ...(id === undefined ? {} : { id }),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(meta === undefined ? {} : { meta: parseMeta(meta) }),
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(removeAfter === undefined ? {} : { deregisterAfterMs: removeAfter }),
  };
}
