import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { ReadConsistency, ReadOptions } from '../src/client/options.ts';
import { parseTime } from './data-command.ts';
import { badUsage } from './failure.ts';

/** Flags of every command that reads. */
export interface ReadFlags {
  readonly consistency?: ReadConsistency;
  readonly stale?: boolean;
  /** In ms. */
  readonly maxStale?: number;
  readonly from?: 'leader' | 'any' | number;
}

const CONSISTENCIES: readonly ReadConsistency[] = ['linearizable', 'lease', 'stale'];

export function addReadFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--consistency <kind>', 'what the answer is promised: linearizable, lease or stale')
        .choices(CONSISTENCIES)
        .default(undefined, 'linearizable'),
    )
    .option('--stale', 'short for --consistency stale: the answer may be out of date')
    .option('--max-stale <time>', 'with stale: out of date by no more than that, such as 500ms', parseTime)
    .option(
      '--from <node>',
      'who answers: leader, any (preferably another one), or the id of a node',
      parseFrom,
    );
}

/** What the flags mean to the client. */
export function readOptions({ consistency, stale, maxStale, from }: ReadFlags): ReadOptions {
  if (stale === true && consistency !== undefined && consistency !== 'stale')
    throw badUsage('--stale contradicts --consistency');
  const kind = consistency ?? (stale === true || maxStale !== undefined ? 'stale' : 'linearizable');
  if (maxStale !== undefined && kind !== 'stale') throw badUsage('--max-stale is for stale reads');
  return {
    consistency: kind,
    ...(maxStale === undefined ? {} : { maxStaleMs: maxStale }),
    ...(from === undefined ? {} : { from }),
  };
}

function parseFrom(text: string): 'leader' | 'any' | number {
  if (text === 'leader' || text === 'any') return text;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('It must be leader, any or the id of a node.');
  return Number(text);
}
