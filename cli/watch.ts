import type { Command } from 'commander';
import type { KvEvent } from '../src/client/key-value.ts';
import { toJsonBytes, toLine, toWord } from './bytes-text.ts';
import { dataCommand, parseWhole } from './data-command.ts';
import type { DataFlags } from './data-command.ts';
import { badUsage, reportFailure } from './failure.ts';
import { print, printJson } from './output.ts';
import { streamEvents } from './watch-stream.ts';

interface WatchFlags extends DataFlags {
  readonly prefix?: string;
  readonly fromRev?: number;
}

export function addWatchCommand(parent: Command): void {
  dataCommand(
    parent,
    'watch [key]',
    'Print every change of a key, or of all keys with a prefix, as it happens',
    ['kvorum watch greeting', "kvorum watch --prefix '' --json", 'kvorum watch --prefix user/ --from-rev 17'],
  )
    .option('--prefix <prefix>', "every key that begins with it; '' means all")
    .option('--from-rev <revision>', 'begin with the changes of this revision', parseWhole)
    .action((key: string | undefined, flags: WatchFlags) => {
      if ((key === undefined) === (flags.prefix === undefined)) {
        process.exitCode = reportFailure(badUsage('give either a key or --prefix'), {
          json: flags.json === true,
        });
        return Promise.resolve();
      }
      const keys = key === undefined ? { prefix: flags.prefix ?? '' } : { key };
      const from = flags.fromRev === undefined ? {} : { fromRevision: flags.fromRev };
      return streamEvents(
        flags,
        (client, signal) => client.watch({ ...keys, ...from, signal }),
        flags.json === true ? printEventJson : printEvent,
      );
    });
}

function printEvent(event: KvEvent): void {
  const { kind, keyBytes, revision, value } = event;
  const start = `${kind.toUpperCase()} ${toWord(keyBytes)} rev=${revision}`;
  print(value === undefined ? start : `${start} ${toLine(value)}`);
}

function printEventJson({ kind, keyBytes, revision, version, value }: KvEvent): void {
  const event = { kind, key: toJsonBytes(keyBytes), revision, version };
  printJson(value === undefined ? event : { ...event, value: toJsonBytes(value) });
}
