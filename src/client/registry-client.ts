import { randomUUID } from 'node:crypto';
import { StoreError } from '../base/errors.ts';
import type { Revision } from '../base/flavor.ts';
import type { StoreEvent } from '../machine/command.ts';
import type {
  DeregisterEvent,
  RegisterRequest,
  RegistryAnswer,
  RegistryCommand,
  RegistryEventKind,
  RegistryQueryRequest,
  RegistryResult,
  ServiceInstance,
  ServiceSummary,
} from '../machine/registry/registry-types.ts';
import { toBinary } from './bytes.ts';
import type { Courier } from './courier.ts';
import type { CallOptions, ReadOptions } from './options.ts';
import { Registration } from './registration.ts';
import type { Watch } from './watch.ts';
import type { WatchOptions } from './watches.ts';

const MACHINE = 'registry';
/** Time to live of an instance that names none, in ms. */
const TTL_MS = 15_000;

/** An instance to be registered: where one copy of a service runs. */
export type InstanceDescription = Omit<RegisterRequest, 'kind' | 'id'> & {
  /** Unique within the service; by default a new one is drawn. */
  readonly id?: string;
};

export interface LookupOptions extends ReadOptions {
  /** Only instances with all of these tags. */
  readonly tags?: readonly string[];
  /** Only instances with all of these values. */
  readonly meta?: Readonly<Record<string, string>>;
  /** Only instances whose heartbeats come. */
  readonly passingOnly?: boolean;
}

/** What happened to an instance. */
export interface RegistryEvent {
  /** `critical`: its heartbeats stopped; `passing`: they came back. */
  readonly kind: RegistryEventKind;
  /** As it is since, or as it was before `deregister`. */
  readonly instance: ServiceInstance;
  /** Of a `deregister`: asked for, or critical for too long. */
  readonly reason: DeregisterEvent['reason'] | undefined;
  readonly revision: Revision;
}

/** The service registry: who runs where, and whether it is well. */
export class RegistryClient {
  readonly #courier: Courier;

  constructor(courier: Courier) {
    this.#courier = courier;
  }

  /** Registers an instance and keeps it alive by heartbeats until the registration is closed. */
  async register(description: InstanceDescription, options: CallOptions = {}): Promise<Registration> {
    const request = toRequest(description);
    await this.#register(request, options);
    return new Registration(request, description.ttlMs ?? TTL_MS, {
      heartbeat: async (call) => (await this.heartbeat(request.service, request.id, call)).known,
      register: (call) => this.#register(request, call),
      deregister: (call) => this.deregister(request.service, request.id, call),
      onClose: (action) => this.#courier.onClose(action),
    });
  }

  /** Registers an instance whose heartbeats are the caller's business. */
  async registerOnce(
    description: InstanceDescription,
    options: CallOptions = {},
  ): Promise<{ readonly id: string; readonly replaced: boolean; readonly revision: Revision }> {
    const request = toRequest(description);
    return { id: request.id, ...(await this.#register(request, options)) };
  }

  /** Tells that an instance is well; `known` is false if it is not registered (any more). */
  async heartbeat(
    service: string,
    id: string,
    options: CallOptions = {},
  ): Promise<{ readonly known: boolean; readonly recovered: boolean }> {
    const { result } = await this.#command({ kind: 'heartbeat', service, id }, options);
    return { known: result.kind === 'alive', recovered: result.kind === 'alive' && result.recovered };
  }

  /** Whether there was such an instance. */
  async deregister(service: string, id: string, options: CallOptions = {}): Promise<boolean> {
    const { result } = await this.#command({ kind: 'deregister', service, id }, options);
    return result.kind === 'deregistered';
  }

  /** Every service that has an instance, by name. */
  async services(options: ReadOptions = {}): Promise<readonly ServiceSummary[]> {
    const found: ServiceSummary[] = [];
    for (let more = true; more;) {
      const last = found.at(-1);
      const after = last === undefined ? {} : { after: last.service };
      const answer = await this.#query({ kind: 'services', ...after }, options);
      if (answer.kind !== 'services') throw unexpected(answer.kind);
      found.push(...answer.services);
      more = answer.more && answer.services.length > 0;
    }
    return found;
  }

  /** The instances of a service, in the order of their ids. */
  async lookup(service: string, options: LookupOptions = {}): Promise<readonly ServiceInstance[]> {
    const { tags = [], meta = {}, passingOnly = false } = options;
    const found: ServiceInstance[] = [];
    for (let more = true; more;) {
      const last = found.at(-1);
      const after = last === undefined ? {} : { after: last.id };
      const answer = await this.#query(
        { kind: 'lookup', service, tags, meta, passingOnly, ...after },
        options,
      );
      if (answer.kind !== 'lookup') throw unexpected(answer.kind);
      found.push(...answer.instances);
      more = answer.more && answer.instances.length > 0;
    }
    return found;
  }

  /** What happens to the instances of one service, or of all. */
  watch(options: WatchOptions & { readonly service?: string } = {}): Watch<RegistryEvent> {
    const key = options.service === undefined ? '' : toBinary(`${options.service}/`);
    return this.#courier.watch({ machine: MACHINE, key, prefix: true }, options, asEvent);
  }

  async #register(
    request: RegisterRequest,
    options: CallOptions,
  ): Promise<{ readonly replaced: boolean; readonly revision: Revision }> {
    const { result, revision } = await this.#command(request, options);
    if (result.kind === 'refused') throw new StoreError('NO_SPACE', 'the registry holds no more instances');
    if (result.kind !== 'registered') throw unexpected(result.kind);
    return { replaced: result.replaced, revision };
  }

  #command(
    command: RegisterRequest | Exclude<RegistryCommand, { kind: 'register' }>,
    options: CallOptions,
  ): Promise<{ readonly result: RegistryResult; readonly revision: Revision }> {
    return this.#courier.command(MACHINE, command, options, ({ result, revision }) => ({
      result: result as RegistryResult,
      revision,
    }));
  }

  #query(query: RegistryQueryRequest, options: ReadOptions): Promise<RegistryAnswer> {
    return this.#courier.query(MACHINE, query, options, ({ result }) => result as RegistryAnswer);
  }
}

/** Fields that are left out stay out. */
function toRequest({ id = randomUUID(), ...rest }: InstanceDescription): RegisterRequest {
  return { kind: 'register', ...rest, id };
}

function asEvent({ kind, value, revision }: StoreEvent): RegistryEvent {
  if (kind === 'deregister') {
    const { reason, instance } = value as DeregisterEvent;
    return { kind, instance, reason, revision };
  }
  return { kind: kind as RegistryEventKind, instance: value as ServiceInstance, reason: undefined, revision };
}

function unexpected(kind: string): StoreError {
  return new StoreError('PROTOCOL_VIOLATION', `the registry answered with ${JSON.stringify(kind)}`);
}
