/** Services that come, say that they are well, fall silent and go, and clients that look them up. */
import type { Random } from '../../base/random.ts';
import type { RegistryCommand, RegistryQuery } from '../../machine/registry/registry-types.ts';
import { checkEventsTellChanges } from '../checkers/events-tell-changes.ts';
import { checkRegistryHistory } from '../checkers/registry-history.ts';
import { drawReadKind } from './read-kinds.ts';
import type { FinishedRun, Submit, Workload } from './workload.ts';

export class RegistryWorkload implements Workload {
  readonly name = 'registry';

  next(random: Random, submit: Submit): void {
    const service = random.pick(['web', 'db']);
    const id = `i${random.integer(1, 3)}`;
    const choice = random.integer(1, 10);
    if (choice <= 3) this.#send(submit, registration(random, service, id));
    else if (choice <= 6) this.#send(submit, { kind: 'heartbeat', service, id });
    else if (choice === 7) this.#send(submit, { kind: 'deregister', service, id });
    else {
      const query: RegistryQuery = {
        kind: 'lookup',
        service,
        tags: [],
        meta: {},
        passingOnly: random.chance(0.3),
        after: '',
        limit: 100,
      };
      submit({ kind: 'query', machine: 'registry', body: query, ...drawReadKind(random) });
    }
  }

  check({ calls, reference }: FinishedRun): void {
    checkRegistryHistory(calls, reference);
    checkEventsTellChanges(reference, 'registry');
  }

  #send(submit: Submit, body: RegistryCommand): void {
    submit({ kind: 'command', machine: 'registry', body });
  }
}

function registration(random: Random, service: string, id: string): RegistryCommand {
  return {
    kind: 'register',
    service,
    id,
    address: '10.0.0.1',
    port: random.integer(1, 65_535),
    tags: random.chance(0.5) ? ['blue'] : [],
    meta: {},
    ttlMs: random.integer(1000, 8000),
    deregisterAfterMs: random.integer(1000, 8000),
  };
}
