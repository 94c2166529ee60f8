import type { Command } from 'commander';
import { dataCommand, parseWhole, withClient } from './data-command.ts';
import type { DataFlags, Work } from './data-command.ts';
import { badUsage, conditionFalse, notFound } from './failure.ts';
import { print, printJson } from './output.ts';

interface DeleteFlags extends DataFlags {
  readonly prefix?: string;
  readonly ifRev?: number;
}

export function addDeleteCommand(parent: Command): void {
  dataCommand(parent, 'delete [key]', 'Delete a key, or all keys with a prefix', [
    'kvorum delete greeting',
    'kvorum delete --prefix user/',
    'kvorum delete greeting --if-rev 17',
  ])
    .alias('del')
    .option('--prefix <prefix>', "every key that begins with it; '' means all")
    .option('--if-rev <revision>', 'only if the key was last changed at this revision', parseWhole)
    .action((key: string | undefined, flags: DeleteFlags) =>
      withClient(flags, async (work) => {
        if ((key === undefined) === (flags.prefix === undefined))
          throw badUsage('give either a key or --prefix');
        if (key !== undefined) await deleteKey(work, key, flags);
        else if (flags.ifRev !== undefined) throw badUsage('--if-rev goes with one key');
        else await deletePrefix(work, flags.prefix ?? '', flags);
      }),
    );
}

async function deleteKey({ client, call }: Work, key: string, flags: DeleteFlags): Promise<void> {
  const result =
    flags.ifRev === undefined
      ? await client.kv.delete(key, call)
      : await client.kv.compareAndDelete(key, { modRevision: flags.ifRev }, call);
  if (result.kind === 'condition-failed') throw conditionFalse(key, result.current?.modRevision);
  if (!result.existed) throw notFound(`there is no key ${JSON.stringify(key)}`);
  if (flags.json === true) printJson({ deleted: 1, revision: result.revision });
  else print('deleted 1');
}

async function deletePrefix({ client, call }: Work, prefix: string, flags: DeleteFlags): Promise<void> {
  const { deleted } = await client.kv.deletePrefix(prefix, call);
  if (deleted === 0) throw notFound(`there is no key with the prefix ${JSON.stringify(prefix)}`);
  if (flags.json === true) printJson({ deleted });
  else print(`deleted ${deleted}`);
}
