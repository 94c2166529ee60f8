import type { Command } from 'commander';

export function addSimCommand(program: Command): void {
  program.command('sim');
}
