/** What clients ask of the cluster, and what they were told. */
import type { ErrorCode } from '../base/errors.ts';
import type { Index, Revision } from '../base/flavor.ts';
import type { SessionStamp } from '../machine/command.ts';
import type { Consistency } from '../replica/input.ts';

/** One request, as a workload makes it. */
export type Call =
  | { readonly kind: 'command'; readonly machine: string; readonly body: unknown }
  | {
      readonly kind: 'query';
      readonly machine: string;
      readonly body: unknown;
      readonly consistency: Consistency;
      readonly maxStaleMs?: number;
    };

/** What became of a call. Times are virtual, in µs. */
export interface CallRecord {
  readonly client: number;
  readonly call: Call;
  /** Of a command. */
  readonly stamp: SessionStamp | undefined;
  readonly callUs: number;
  readonly returnUs: number;
  readonly answer: Answer;
}

export type Answer =
  | {
      readonly kind: 'ok';
      readonly result: unknown;
      readonly revision: Revision;
      readonly index: Index;
      /** Of a query: 0 if it must be up to date, undefined if nobody knows. */
      readonly staleMs?: number | undefined;
    }
  /** It certainly took no effect. */
  | { readonly kind: 'refused'; readonly code: ErrorCode }
  /** It may have taken effect, or may still do so. */
  | { readonly kind: 'unknown' };
