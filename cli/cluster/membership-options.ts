import type { Command } from 'commander';
import { Option } from 'commander';
import { parseTime } from '../data-command.ts';
import type { ClusterFlags } from './run.ts';
import { clusterCommand } from './run.ts';

const TIMEOUT = '60s';

export interface MembershipFlags extends ClusterFlags {
  /** In ms. */
  readonly timeout: number;
}

/** A `kvorum cluster` command that waits for the cluster to change. */
export function membershipCommand(parent: Command, usage: string, description: string): Command {
  return clusterCommand(parent, usage, description).addOption(
    new Option('--timeout <time>', 'how long to wait')
      .argParser(parseTime)
      .default(parseTime(TIMEOUT), TIMEOUT),
  );
}
