import type { StoreEvent } from '../machine/command.ts';

/** What a watch makes of an event for its reader. */
export type Shape<Event> = (event: StoreEvent) => Event;

/** Events that came in one frame. All watches that it is for hand out the same objects. */
export class EventBatch {
  readonly events: readonly StoreEvent[];
  /** About how much memory they hold. */
  readonly bytes: number;
  readonly #shaped = new Map<unknown, readonly unknown[]>();

  constructor(events: readonly StoreEvent[]) {
    this.events = events;
    this.bytes = events.reduce((sum, event) => sum + bytesOf(event), 0);
  }

  /** The events as a reader gets them. */
  shaped<Event>(shape: Shape<Event>): readonly Event[] {
    let shaped = this.#shaped.get(shape) as readonly Event[] | undefined;
    if (shaped === undefined) this.#shaped.set(shape, (shaped = this.events.map(shape)));
    return shaped;
  }
}

function bytesOf({ key, value }: StoreEvent): number {
  const inner = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
  return 128 + key.length + (inner instanceof Uint8Array ? inner.length : 0);
}
