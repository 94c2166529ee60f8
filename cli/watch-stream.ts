import type { Client } from '../src/client/client.ts';
import type { ConnectionEvent } from '../src/client/options.ts';
import { withClient } from './data-command.ts';
import type { DataFlags } from './data-command.ts';
import { note } from './output.ts';

/** Opens a watch. */
export type OpenWatch<Event> = (client: Client, signal: AbortSignal) => AsyncIterable<Event>;

/**
 * Prints events until Ctrl-C, each at once. Only the first connection has a deadline; after that the
 * watch waits for the cluster for as long as it takes, and says so.
 */
export function streamEvents<Event>(
  flags: DataFlags,
  open: OpenWatch<Event>,
  printEvent: (event: Event) => void,
): Promise<void> {
  const teller = new Teller();
  return withClient(
    flags,
    async ({ client, call, signal }) => {
      const events = open(client, signal);
      await client.ready(call);
      teller.begin();
      for await (const event of events) printEvent(event);
    },
    (event) => teller.onConnection(event),
  );
}

/** Tells of lost connections, and when the watch goes on. */
class Teller {
  #begun = false;
  #lost = false;

  begin(): void {
    this.#begun = true;
  }

  onConnection(event: ConnectionEvent): void {
    if (!this.#begun) return;
    if (event.kind === 'disconnected') {
      this.#lost = true;
      note(`lost ${event.endpoint} (${event.reason}); looking for the leader`);
    } else if (event.kind === 'connected' && event.leader) {
      note(`${this.#lost ? 'watching again' : 'moved'}, at ${event.endpoint}`);
      this.#lost = false;
    }
  }
}
