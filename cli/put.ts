import type { Command } from 'commander';
import { dataCommand, parseWhole, withClient } from './data-command.ts';
import type { DataFlags } from './data-command.ts';
import { conditionFalse } from './failure.ts';
import { print, printJson } from './output.ts';
import { readValue } from './read-value.ts';

interface PutFlags extends DataFlags {
  readonly ifRev?: number;
}

const DESCRIPTION = `Set a key; prints the revision that did it.
The value - stands for standard input, @file for a file; -- goes before a value that begins with -`;

export function addPutCommand(parent: Command): void {
  dataCommand(parent, 'put <key> <value>', 'Set a key; prints the revision that did it', [
    'kvorum put greeting hi',
    'kvorum put config @config.json',
    'date | kvorum put now -',
    'kvorum put greeting hi --if-rev 0      # only if there is no such key',
  ])
    .option(
      '--if-rev <revision>',
      'only if the key was last changed at this revision; 0: if there is none',
      parseWhole,
    )
    .description(DESCRIPTION)
    .action((key: string, word: string, flags: PutFlags) =>
      withClient(flags, async ({ client, call }) => {
        const value = await readValue(word);
        const result =
          flags.ifRev === undefined
            ? await client.kv.put(key, value, call)
            : await client.kv.compareAndSet(key, { modRevision: flags.ifRev }, value, call);
        if (result.kind === 'condition-failed') throw conditionFalse(key, result.current?.modRevision);
        const { revision, createRevision, version } = result;
        if (flags.json === true) printJson({ key, revision, createRevision, version });
        else print(`revision ${revision}`);
      }),
    );
}
