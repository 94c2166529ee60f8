import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { note, print, printJson } from '../output.ts';

export function addAddMemberCommand(parent: Command): void {
  dataCommand(
    parent,
    'add <address>',
    'Keep a place free, as a learner, for a node that joins from host:port',
    ['kvorum member add 10.0.0.4:7401'],
  )
    .addHelpText(
      'after',
      '\nA node needs no place kept free: `kvorum node --join ENDPOINTS` gets one by itself.',
    )
    .action((address: string, flags: DataFlags) =>
      withClient(flags, async ({ client, call }) => {
        const { id } = await client.members.add(address, call);
        if (flags.json === true) return printJson({ id, address });
        print(String(id));
        note(`n${id} is free; on its machine, with an empty directory:`);
        note(`  kvorum node --join ${flags.endpoints} --address ${address} --dir DIR`);
      }),
    );
}
