import type { Command } from 'commander';

export function addClusterCommand(program: Command): void {
  program.command('cluster');
}
