import type { Target } from '../targets/target.ts';

/** What the loads work on: values of 256 bytes unless a question says otherwise. */

export const VALUE_BYTES = 256;
/** Shares no factor with any count of keys here, so every key gets its turn, in no order. */
const STRIDE = 7919;

export const VALUE: Uint8Array = new Uint8Array(VALUE_BYTES).fill(0x61);

/** Spreads over all keys, whatever the rate. */
export function keyOf(sequence: number, keys: number): string {
  return `bench/${String((sequence * STRIDE) % keys).padStart(7, '0')}`;
}

/** Puts one key after the other. */
export function putOn(target: Pick<Target, 'put'>, keys: number): (sequence: number) => Promise<void> {
  return (sequence) => target.put(keyOf(sequence, keys), VALUE);
}

export interface FillOptions {
  readonly keys: number;
  readonly inFlight?: number;
}

/** Puts every key once. */
export async function fill(
  target: Pick<Target, 'put'>,
  { keys, inFlight = 256 }: FillOptions,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < keys; at = next++) await target.put(keyOf(at, keys), VALUE);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
