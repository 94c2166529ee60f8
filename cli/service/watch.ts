import type { Command } from 'commander';
import type { RegistryEvent } from '../../src/client/registry-client.ts';
import { dataCommand, parseWhole } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { print, printJson } from '../output.ts';
import { addressOf } from './address.ts';
import { streamEvents } from '../watch-stream.ts';

interface ServiceWatchFlags extends DataFlags {
  readonly fromRev?: number;
}

export function addServiceWatchCommand(parent: Command): void {
  dataCommand(parent, 'watch [service]', 'Print what happens to the instances of a service, or of all', [
    'kvorum service watch api',
    'kvorum service watch --json',
  ])
    .option('--from-rev <revision>', 'begin with the changes of this revision', parseWhole)
    .action((service: string | undefined, flags: ServiceWatchFlags) => {
      const from = flags.fromRev === undefined ? {} : { fromRevision: flags.fromRev };
      const which = service === undefined ? {} : { service };
      return streamEvents(
        flags,
        (client, signal) => client.registry.watch({ ...which, ...from, signal }),
        flags.json === true ? printJson : printEvent,
      );
    });
}

function printEvent({ kind, instance, reason, revision }: RegistryEvent): void {
  const { service, id } = instance;
  const why = reason === undefined ? '' : ` (${reason})`;
  print(`${kind.toUpperCase()} ${service}/${id} rev=${revision} ${addressOf(instance)}${why}`);
}
