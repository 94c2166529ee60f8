/** What the machine `registry` takes, answers and tells. */

/** `critical`: no heartbeat came within its time to live. */
export type InstanceStatus = 'passing' | 'critical';

/** One running copy of a service. */
export interface ServiceInstance {
  readonly service: string;
  /** Unique within the service. */
  readonly id: string;
  /** Host name or IP address. */
  readonly address: string;
  readonly port: number;
  /** Each once, in the order given. */
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  /** Without a heartbeat for this long it becomes critical. */
  readonly ttlMs: number;
  /** Critical for this long it is removed. */
  readonly deregisterAfterMs: number;
  readonly status: InstanceStatus;
  /** Of the store when it was registered last. */
  readonly registerRevision: number;
  /** Of the store when it or its status changed last. */
  readonly modRevision: number;
}

/** What an instance says of itself; the rest is the machine's. */
export interface RegisterCommand extends Omit<
  ServiceInstance,
  'status' | 'registerRevision' | 'modRevision'
> {
  readonly kind: 'register';
}

/** As a client gives it: what is left out gets the default. */
export type RegisterRequest = Pick<RegisterCommand, 'kind' | 'service' | 'id' | 'address' | 'port'> &
  Partial<Pick<RegisterCommand, 'tags' | 'meta' | 'ttlMs' | 'deregisterAfterMs'>>;

export type RegistryCommand =
  | RegisterCommand
  | { readonly kind: 'deregister'; readonly service: string; readonly id: string }
  /** The instance is well. */
  | { readonly kind: 'heartbeat'; readonly service: string; readonly id: string };

export type RegistryResult =
  /** `replaced` tells whether it was there before. */
  | { readonly kind: 'registered'; readonly replaced: boolean }
  | { readonly kind: 'deregistered' }
  /** `recovered` tells whether it was critical. */
  | { readonly kind: 'alive'; readonly recovered: boolean }
  /** It was never registered, or was removed: register it (again). */
  | { readonly kind: 'unknown-instance' }
  | { readonly kind: 'refused'; readonly reason: 'too-many-instances' };

export type RegistryQuery =
  /** Names behind `after`, at most `limit`. */
  | { readonly kind: 'services'; readonly after: string; readonly limit: number }
  | {
      readonly kind: 'lookup';
      readonly service: string;
      /** The instance bears all of them. */
      readonly tags: readonly string[];
      /** The instance has all of these values. */
      readonly meta: Readonly<Record<string, string>>;
      readonly passingOnly: boolean;
      /** Ids behind `after`, at most `limit`. */
      readonly after: string;
      readonly limit: number;
    };

/** As a client gives it: what is left out gets the default. */
export type RegistryQueryRequest =
  | { readonly kind: 'services'; readonly after?: string; readonly limit?: number }
  | (Pick<Extract<RegistryQuery, { kind: 'lookup' }>, 'kind' | 'service'> &
      Partial<Omit<Extract<RegistryQuery, { kind: 'lookup' }>, 'kind' | 'service'>>);

export interface ServiceSummary {
  readonly service: string;
  readonly passing: number;
  readonly critical: number;
  /** Of all instances, each once, in order. */
  readonly tags: readonly string[];
}

export type RegistryAnswer =
  | { readonly kind: 'services'; readonly services: readonly ServiceSummary[]; readonly more: boolean }
  /** In the order of their ids. */
  | { readonly kind: 'lookup'; readonly instances: readonly ServiceInstance[]; readonly more: boolean };

/**
 * What happens to an instance, as events under the key `service/id`; the value is the instance after
 * it, or as it was before `deregister`. `passing` tells that a critical one recovered.
 */
export type RegistryEventKind = 'register' | 'deregister' | 'critical' | 'passing';

/** The value of a `deregister` event. */
export interface DeregisterEvent {
  readonly reason: 'requested' | 'expired';
  readonly instance: ServiceInstance;
}
