import { Queue } from './queue.ts';

/** Some events of a batch that other watches may hold as well. */
interface Part<Event> {
  readonly events: readonly Event[];
  /** Of the next one. */
  at: number;
  readonly bytes: number;
}

/** What came for a watch and was not read yet: places in batches, which other watches share. */
export class EventBuffer<Event> {
  readonly #parts = new Queue<Part<Event>>();
  #length = 0;
  #bytes = 0;

  get length(): number {
    return this.#length;
  }

  /** What the batches hold of which some event was not read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param from the first of the events that is to be read */
  push(events: readonly Event[], from: number, bytes: number): void {
    if (from >= events.length) return;
    this.#parts.push({ events, at: from, bytes });
    this.#length += events.length - from;
    this.#bytes += bytes;
  }

  shift(): Event | undefined {
    const part = this.#parts.peek();
    if (part === undefined) return undefined;
    const event = part.events[part.at++];
    this.#length--;
    if (part.at === part.events.length) {
      this.#parts.shift();
      this.#bytes -= part.bytes;
    }
    return event;
  }

  clear(): void {
    this.#parts.drain();
    this.#length = 0;
    this.#bytes = 0;
  }
}
