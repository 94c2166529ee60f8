import type { Command } from 'commander';
import type { ServiceInstance, ServiceSummary } from '../../src/machine/registry/registry-types.ts';
import { collect, dataCommand, withClient } from '../data-command.ts';
import type { DataFlags, Work } from '../data-command.ts';
import { notFound } from '../failure.ts';
import { printJson, printTable } from '../output.ts';
import { addReadFlags, readOptions } from '../read-flags.ts';
import type { ReadFlags } from '../read-flags.ts';
import { addressOf } from './address.ts';
import { parseMeta } from './meta.ts';

interface ListFlags extends DataFlags, ReadFlags {
  readonly tag?: readonly string[];
  readonly meta?: readonly string[];
  readonly passing?: boolean;
}

export function addServiceListCommand(parent: Command): void {
  const command = dataCommand(parent, 'list [service]', 'List all services, or the instances of one', [
    'kvorum service list',
    'kvorum service list api --passing --tag v2',
  ])
    .alias('ls')
    .option('--tag <tag>', 'only instances with it; may be given more than once', collect)
    .option('--meta <name=value>', 'only instances with it; may be given more than once', collect)
    .option('--passing', 'only instances whose heartbeats come');
  addReadFlags(command).action((service: string | undefined, flags: ListFlags) =>
    withClient(flags, (work) =>
      service === undefined ? listServices(work, flags) : listInstances(work, service, flags),
    ),
  );
}

async function listServices({ client, call }: Work, flags: ListFlags): Promise<void> {
  const services = await client.registry.services({ ...call, ...readOptions(flags) });
  if (flags.json === true) printJson({ services });
  else printTable(['SERVICE', 'PASSING', 'CRITICAL', 'TAGS'], services.map(serviceRow));
}

async function listInstances({ client, call }: Work, service: string, flags: ListFlags): Promise<void> {
  const instances = await client.registry.lookup(service, {
    ...call,
    ...readOptions(flags),
    tags: flags.tag ?? [],
    meta: parseMeta(flags.meta ?? []),
    passingOnly: flags.passing === true,
  });
  if (flags.json === true) printJson({ service, instances });
  else if (instances.length > 0)
    printTable(['ID', 'ADDRESS', 'STATUS', 'TAGS', 'META'], instances.map(instanceRow));
  if (instances.length === 0) throw notFound(`${service} has no such instance`);
}

function serviceRow({ service, passing, critical, tags }: ServiceSummary): readonly string[] {
  return [service, String(passing), String(critical), listed(tags)];
}

function instanceRow(instance: ServiceInstance): readonly string[] {
  const { id, status, tags, meta } = instance;
  return [
    id,
    addressOf(instance),
    status,
    listed(tags),
    listed(Object.entries(meta).map((pair) => pair.join('='))),
  ];
}

function listed(words: readonly string[]): string {
  return words.length === 0 ? '-' : words.join(',');
}
