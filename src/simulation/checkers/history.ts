/** What clients did and saw: the input of the checkers, from the simulator and from real processes alike. */

export type RegisterValue = string | number | undefined;

/**
 * One call of a client to one key. A `cas` puts `value` if the key holds `expect`, and its `output`
 * is whether it did. The `output` of a `get` is the value, or undefined if there is none. The
 * `output` of a `delete` is whether the key was there, or undefined if the client was not told.
 */
export interface HistoryOperation {
  readonly client: number | string;
  readonly op: 'get' | 'put' | 'delete' | 'cas';
  readonly key: string;
  readonly value?: RegisterValue;
  readonly expect?: RegisterValue;
  readonly output?: RegisterValue | boolean;
  /** By one clock for all clients; any unit. */
  readonly callNs: number;
  /** Of no meaning for an unknown outcome. */
  readonly returnNs: number;
  /** `fail`: it certainly took no effect. `unknown`: it may take effect at any time after its call, or never. */
  readonly outcome: 'ok' | 'fail' | 'unknown';
}

export type History = readonly HistoryOperation[];
