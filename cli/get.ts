import type { Command } from 'commander';
import type { KeyValue } from '../src/client/key-value.ts';
import { shorten, toJsonBytes, toLine } from './bytes-text.ts';
import type { JsonBytes } from './bytes-text.ts';
import { dataCommand, parseWhole, withClient } from './data-command.ts';
import type { DataFlags, Work } from './data-command.ts';
import { badUsage, notFound } from './failure.ts';
import { print, printJson, printTable } from './output.ts';
import { addReadFlags, readOptions } from './read-flags.ts';
import type { ReadFlags } from './read-flags.ts';

interface GetFlags extends DataFlags, ReadFlags {
  readonly prefix?: string;
  readonly limit?: number;
  readonly keys?: boolean;
}

export function addGetCommand(parent: Command): void {
  const command = dataCommand(
    parent,
    'get [key]',
    'Print the value of a key, or a table of all keys with a prefix',
    [
      'kvorum get greeting',
      'kvorum get --prefix user/ --limit 20',
      'kvorum get greeting --consistency stale --max-stale 500ms --from any --json',
    ],
  )
    .option('--prefix <prefix>', "every key that begins with it; '' means all")
    .option('--limit <count>', 'at most this many keys', parseWhole)
    .option('--keys', 'only the keys');
  addReadFlags(command).action((key: string | undefined, flags: GetFlags) =>
    withClient(flags, (work) => {
      if ((key === undefined) === (flags.prefix === undefined))
        throw badUsage('give either a key or --prefix');
      return key === undefined ? getRange(work, flags.prefix ?? '', flags) : getKey(work, key, flags);
    }),
  );
}

async function getKey({ client, call }: Work, key: string, flags: GetFlags): Promise<void> {
  const { entry, revision, staleMs } = await client.kv.read(key, { ...call, ...readOptions(flags) });
  if (entry === undefined) throw notFound(`there is no key ${JSON.stringify(key)}`);
  if (flags.json === true) printJson({ ...entryJson(entry), storeRevision: revision, staleMs });
  else if (flags.keys === true) print(toLine(entry.keyBytes));
  else printValue(entry.value);
}

/** The very bytes; a newline is for a terminal alone. */
function printValue(value: Uint8Array): void {
  process.stdout.write(value);
  if (process.stdout.isTTY) process.stdout.write('\n');
}

async function getRange({ client, call }: Work, prefix: string, flags: GetFlags): Promise<void> {
  const limit = flags.limit ?? Infinity;
  const options = { ...call, ...readOptions(flags), keysOnly: flags.keys === true };
  const entries: KeyValue[] = [];
  if (limit > 0) {
    for await (const entry of client.kv.scan({ prefix }, options)) {
      entries.push(entry);
      if (entries.length === limit) break;
    }
  }
  if (flags.json === true) printJson({ entries: entries.map(flags.keys === true ? keyJson : entryJson) });
  else if (flags.keys === true) for (const entry of entries) print(toLine(entry.keyBytes));
  else printTable(['KEY', 'VALUE', 'REVISION'], entries.map(tableRow));
}

function tableRow({ keyBytes, value, modRevision }: KeyValue): readonly string[] {
  return [toLine(keyBytes), shorten(toLine(value)), String(modRevision)];
}

interface EntryJson {
  readonly key: JsonBytes;
  readonly value: JsonBytes;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** The stable shape of an entry. */
function entryJson({ keyBytes, value, createRevision, modRevision, version }: KeyValue): EntryJson {
  return { key: toJsonBytes(keyBytes), value: toJsonBytes(value), createRevision, modRevision, version };
}

function keyJson(entry: KeyValue): Omit<EntryJson, 'value'> {
  const { value: _value, ...rest } = entryJson(entry);
  return rest;
}
