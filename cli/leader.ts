/** `kvorum leader`: who leads the cluster. */
import type { Command } from 'commander';
import { addTransferCommand } from './leader/transfer.ts';

/** Adds `leader` and everything below it. */
export function addLeaderCommand(program: Command): void {
  const leader = program.command('leader').description('Move the leadership');
  addTransferCommand(leader);
}
