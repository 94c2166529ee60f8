import type { Command } from 'commander';
import { dataCommand, withClient } from '../data-command.ts';
import type { DataFlags } from '../data-command.ts';
import { parseMemberId } from '../member/member-id.ts';
import { note, printJson } from '../output.ts';

export function addTransferCommand(parent: Command): void {
  dataCommand(parent, 'transfer', 'Let another voter lead: this one, or whoever is fit for it', [
    'kvorum leader transfer',
    'kvorum leader transfer 2',
  ])
    .argument('[id]', 'the member that is to lead', parseMemberId)
    .action((id: number | undefined, flags: DataFlags) =>
      withClient(flags, async ({ client, call }) => {
        const startedMs = performance.now();
        const leader = await client.leader.transfer(id, call);
        const tookMs = Math.ceil(performance.now() - startedMs);
        if (flags.json === true) printJson({ leader, tookMs });
        else note(`n${leader} leads now (${tookMs} ms)`);
      }),
    );
}
