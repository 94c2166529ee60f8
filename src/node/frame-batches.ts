import { present } from '../base/assert.ts';
import type { ServerFrame } from '../wire/client-frames.ts';

const FRAME_BYTES = 64;
const FIELD_BYTES = 8;

export interface BatchLimits {
  readonly batchBytesMax: number;
  readonly batchFramesMax: number;
}

/** The frames in order, cut into batches of about so many bytes and frames; one frame may exceed the bytes alone. */
export function* frameBatches(
  frames: readonly ServerFrame[],
  { batchBytesMax, batchFramesMax }: BatchLimits,
): Generator<readonly ServerFrame[]> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < frames.length; at++) {
    const size = frameBytes(present(frames[at], 'a frame has its place'));
    if (at - from === batchFramesMax || (at > from && bytes + size > batchBytesMax)) {
      yield frames.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < frames.length) yield frames.slice(from);
}

function frameBytes(frame: ServerFrame): number {
  switch (frame.kind) {
    case 'result':
      return FRAME_BYTES + valueBytes(frame.result);
    case 'watch-events':
      return frame.events.reduce(
        (bytes, { key, value }) => bytes + key.length + valueBytes(value),
        FRAME_BYTES + frame.requests.length * FIELD_BYTES,
      );
    default:
      return FRAME_BYTES;
  }
}

/** Roughly: what is long is bytes and strings. */
function valueBytes(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return FIELD_BYTES;
  if (value instanceof Uint8Array) return value.length;
  let bytes = FIELD_BYTES;
  if (Array.isArray(value)) {
    for (const item of value) bytes += valueBytes(item);
  } else {
    for (const name in value) bytes += valueBytes((value as Readonly<Record<string, unknown>>)[name]);
  }
  return bytes;
}
