/** `kvorum service`: the service registry. */
import type { Command } from 'commander';
import { addDeregisterCommand } from './service/deregister.ts';
import { addHeartbeatCommand } from './service/heartbeat.ts';
import { addServiceListCommand } from './service/list.ts';
import { addRegisterCommand } from './service/register.ts';
import { addServiceWatchCommand } from './service/watch.ts';

/** Adds `service` and everything below it. */
export function addServiceCommand(program: Command): void {
  const service = program.command('service').description('Register services, and find them');
  addRegisterCommand(service);
  addDeregisterCommand(service);
  addHeartbeatCommand(service);
  addServiceListCommand(service);
  addServiceWatchCommand(service);
}
