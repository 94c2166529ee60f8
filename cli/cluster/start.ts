import { Option } from 'commander';
import type { Command } from 'commander';
import type { LocalCluster } from '../../cluster/local-cluster.ts';
import { firstWrite } from './first-write.ts';
import { showLiveTable } from './live-table.ts';
import { openOrCreate } from './open-or-create.ts';
import { Progress } from './progress.ts';
import { note, print, printJson } from '../output.ts';
import { clusterCommand, dirFlag, reportingFailure } from './run.ts';
import { DEFAULT_NODES, DEFAULT_PORT, parseFiles, parseNodes, parsePort } from './start-options.ts';
import type { StartFlags } from './start-options.ts';

/** A busy machine takes a while to start five processes. */
const LEADER_TIMEOUT_MS = 30_000;
const STEPS = 3;

const HELP = `
Shows the nodes until Ctrl-C, which stops them; the data stays, and the next start comes back with it.
A node that ends is not started again: \`kvorum cluster restart N\` does that.`;

export function addStartCommand(parent: Command): void {
  clusterCommand(parent, 'start', 'Start a cluster of real processes on this machine')
    .option('--nodes <count>', `3 or 5 (default: as the directory has, or ${DEFAULT_NODES})`, parseNodes)
    .option('--port <port>', `first of as many ports in a row (default: ${DEFAULT_PORT})`, parsePort)
    .option('--machine <file>', 'a module that exports machines of your own; may be given again', parseFiles)
    .option('--detach', 'leave the nodes running and return')
    .addOption(new Option('--steps-done <count>').argParser(Number).default(0).hideHelp())
    .addHelpText('after', HELP)
    .action((flags: StartFlags) => reportingFailure(flags, () => start(flags)));
}

async function start(flags: StartFlags): Promise<void> {
  const cluster = await openOrCreate(flags);
  if (cluster.living.length > 0) {
    showRunning(cluster, flags);
    return;
  }
  const interrupted = abortOnSignal();
  try {
    await bringUp(cluster, flags, interrupted);
    if (flags.detach === true) return;
    note('Ctrl-C stops every node; the data stays.\n');
    await showLiveTable(cluster, { json: flags.json === true, signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) await cluster.stop();
    throw error;
  } finally {
    if (interrupted.aborted) await stopAll(cluster, flags);
  }
}

async function bringUp(cluster: LocalCluster, flags: StartFlags, signal: AbortSignal): Promise<void> {
  const progress = new Progress({ done: flags.stepsDone, steps: flags.stepsDone + STEPS });
  await cluster.start();
  progress.step('nodes', `${cluster.nodes.length} processes, fsync on, data ${flags.dir}`);
  const leader = await cluster.waitUntilLed(LEADER_TIMEOUT_MS, signal);
  progress.step('leader', `n${leader} of ${cluster.ids.map((id) => `n${id}`).join(' ')}`);
  progress.step('first write', await firstWrite(cluster.endpoints));
  tellWhere(cluster, flags, { started: true });
  tellWhatToTry(cluster, flags);
}

function showRunning(cluster: LocalCluster, flags: StartFlags): void {
  const down = cluster.ids.filter((id) => !cluster.living.includes(id));
  note(`already running: ${cluster.living.length} of ${cluster.nodes.length} nodes`);
  for (const id of down)
    note(`n${id} is down; \`npx kvorum cluster restart ${id}${dirFlag(flags)}\` starts it`);
  tellWhere(cluster, flags, { started: false });
  if (flags.json !== true) print(cluster.endpoints.join(','));
}

function tellWhere(
  cluster: LocalCluster,
  flags: StartFlags,
  { started }: { readonly started: boolean },
): void {
  const { clusterId, endpoints } = cluster;
  if (flags.json === true) printJson({ clusterId, dir: flags.dir, endpoints, started });
}

function tellWhatToTry(cluster: LocalCluster, flags: StartFlags): void {
  const elsewhere = cluster.firstPort !== DEFAULT_PORT;
  note(`\nThe cluster answers at ${cluster.endpoints.join(', ')}. In another terminal:`);
  if (elsewhere) note(`  export KVORUM_ENDPOINTS=${cluster.endpoints.join(',')}`);
  note('  npx kvorum put greeting hi');
  note('  npx kvorum get greeting');
  note("  npx kvorum watch --prefix ''");
  note(`  npx kvorum cluster kill leader${dirFlag(flags)}      then put again`);
  if (flags.detach === true) note(`  npx kvorum cluster stop${dirFlag(flags)}`);
}

/** The first of these signals ends the display and stops the nodes; a second one stops waiting for them. */
function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort());
  }
  return controller.signal;
}

async function stopAll(cluster: LocalCluster, flags: StartFlags): Promise<void> {
  note('\nstopping the nodes…');
  const killAll = (): void => {
    for (const id of cluster.living) void cluster.kill(id);
  };
  process.once('SIGINT', killAll);
  await cluster.stop();
  process.off('SIGINT', killAll);
  note(`stopped; the data is in ${flags.dir}`);
}
