import type { RequestId, ServerFrame } from '../wire/client-frames.ts';
import type { Reply } from './call.ts';
import { Calls } from './calls.ts';
import { NodeConnection } from './node-connection.ts';
import type { NodeDirectory, ReadTarget } from './node-connection.ts';
import type { CallOptions, ClientSettings } from './options.ts';

interface Reader {
  readonly connection: NodeConnection;
  readonly calls: Calls;
}

/** Reads that go elsewhere than to the leader: for each target a connection of its own, made when it is first asked for. */
export class Readers {
  readonly #settings: ClientSettings;
  readonly #directory: NodeDirectory;
  readonly #nextRequest: () => RequestId;
  readonly #readers = new Map<ReadTarget, Reader>();

  constructor(settings: ClientSettings, directory: NodeDirectory, nextRequest: () => RequestId) {
    this.#settings = settings;
    this.#directory = directory;
    this.#nextRequest = nextRequest;
  }

  /** Reads that were not answered yet. */
  get size(): number {
    let size = 0;
    for (const { calls } of this.#readers.values()) size += calls.size;
    return size;
  }

  query<T>(
    target: ReadTarget,
    machine: string,
    query: unknown,
    options: CallOptions,
    shape: (reply: Reply) => T,
  ): Promise<T> {
    return this.#readerOf(target).calls.submit('query', machine, query, options, shape);
  }

  async close(): Promise<void> {
    const readers = [...this.#readers.values()];
    await Promise.all(readers.map(({ calls }) => calls.close()));
    await Promise.all(readers.map(({ connection }) => connection.close()));
  }

  #readerOf(target: ReadTarget): Reader {
    const known = this.#readers.get(target);
    if (known !== undefined) return known;
    const connection = new NodeConnection(target, this.#directory, this.#settings, {
      onSwitch: () => calls.onSwitch(),
      onFrames: (frames) => onFrames(calls, frames),
      onDrain: () => calls.pump(),
      onRefused: (frame, error) => calls.onRefused(frame, error),
    });
    const calls = new Calls(this.#settings, connection, this.#nextRequest);
    const reader = { connection, calls };
    this.#readers.set(target, reader);
    return reader;
  }
}

function onFrames(calls: Calls, frames: readonly ServerFrame[]): void {
  for (const frame of frames) {
    if (frame.kind === 'result') calls.onResult(frame);
    else if (frame.kind === 'error') calls.onError(frame);
  }
  calls.pump();
}
