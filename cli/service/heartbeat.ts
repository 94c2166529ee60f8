import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { notFound } from '../failure.ts';
import { note, printJson } from '../output.ts';

export function addHeartbeatCommand(parent: Command): void {
  dataCommand(parent, 'heartbeat <service> <id>', 'Tell that an instance is well', [
    'kvorum service heartbeat api api-1',
    'while kvorum service heartbeat api api-1; do sleep 5; done',
  ]).action((service: string, id: string, flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      const { known, recovered } = await client.registry.heartbeat(service, id, call);
      if (!known) throw notFound(`${service} has no instance ${id}; register it again`);
      if (flags.json === true) printJson({ service, id, recovered });
      else note(recovered ? `${service}/${id} is passing again` : `${service}/${id} is passing`);
    }),
  );
}
