import type { Command } from 'commander';

export function addNodeCommand(program: Command): void {
  program.command('node');
}
