import type { Revision } from '../base/flavor.ts';
import type { StoreEvent } from '../machine/command.ts';
import { binaryText, toBinary } from './bytes.ts';
import type { Bytes } from './bytes.ts';
import type { Reply } from './call.ts';
import type { Courier } from './courier.ts';
import type { CallOptions, ReadOptions } from './options.ts';
import type { Watch, WatchTarget } from './watch.ts';
import type { WatchOptions } from './watches.ts';

/** One key, or every key with a prefix. */
export type WatchKeys = { readonly key: Bytes } | { readonly prefix: Bytes };

/** What a machine said had changed. */
export interface MachineWatchEvent {
  readonly machine: string;
  readonly kind: string;
  /** As text. */
  readonly key: string;
  readonly value: unknown;
  /** Events of one command share it. */
  readonly revision: Revision;
}

/** Talks to one machine in its own terms: plain values in, plain values out. */
export class MachineClient {
  readonly #courier: Courier;
  readonly name: string;

  constructor(courier: Courier, name: string) {
    this.#courier = courier;
    this.name = name;
  }

  /** Changes something; applied once at most, over all retries. */
  command(body: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.#courier.command(this.name, body, options, plain);
  }

  query(body: unknown, options: ReadOptions = {}): Promise<Reply> {
    return this.#courier.query(this.name, body, options, plain);
  }

  watch(options: WatchKeys & WatchOptions): Watch<MachineWatchEvent> {
    return this.#courier.watch(watchTarget(this.name, options), options, asEvent);
  }
}

/** What a watch asks a node for. */
export function watchTarget(machine: string, keys: WatchKeys): WatchTarget {
  return 'prefix' in keys
    ? { machine, key: toBinary(keys.prefix), prefix: true }
    : { machine, key: toBinary(keys.key), prefix: false };
}

function asEvent({ machine, kind, key, value, revision }: StoreEvent): MachineWatchEvent {
  return { machine, kind, key: binaryText(key), value, revision };
}

function plain({ result, revision, index, staleMs }: Reply): Reply {
  return staleMs === undefined ? { result, revision, index } : { result, revision, index, staleMs };
}
