import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { notFound } from '../failure.ts';
import { note, printJson } from '../output.ts';

export function addDeregisterCommand(parent: Command): void {
  dataCommand(parent, 'deregister <service> <id>', 'Remove an instance of a service', [
    'kvorum service deregister api api-1',
  ]).action((service: string, id: string, flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      const existed = await client.registry.deregister(service, id, call);
      if (!existed) throw notFound(`${service} has no instance ${id}`);
      if (flags.json === true) printJson({ service, id, deregistered: true });
      else note(`deregistered ${service}/${id}`);
    }),
  );
}
