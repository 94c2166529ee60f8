/** `kvorum cluster`: a cluster of real processes on this machine, to try things out and to break it. */
import type { Command } from 'commander';
import { addAddNodeCommand } from './cluster/add.ts';
import { addHealCommand } from './cluster/heal.ts';
import { addKillCommand } from './cluster/kill.ts';
import { addPartitionCommand } from './cluster/partition.ts';
import { addPauseCommand } from './cluster/pause.ts';
import { addRemoveNodeCommand } from './cluster/remove.ts';
import { addReplaceNodeCommand } from './cluster/replace.ts';
import { addRestartCommand } from './cluster/restart.ts';
import { addResumeCommand } from './cluster/resume.ts';
import { addStartCommand } from './cluster/start.ts';
import { addStatusCommand } from './cluster/status.ts';
import { addStopCommand } from './cluster/stop.ts';

/** Adds `cluster` and everything below it. */
export function addClusterCommand(program: Command): void {
  const cluster = program.command('cluster').description('Run a local cluster, and break it');
  addStartCommand(cluster);
  addStatusCommand(cluster);
  addStopCommand(cluster);
  addAddNodeCommand(cluster);
  addReplaceNodeCommand(cluster);
  addRemoveNodeCommand(cluster);
  addKillCommand(cluster);
  addRestartCommand(cluster);
  addPauseCommand(cluster);
  addResumeCommand(cluster);
  addPartitionCommand(cluster);
  addHealCommand(cluster);
}
