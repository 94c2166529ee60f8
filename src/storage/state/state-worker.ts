/** A thread that reads a large state, while the one that started it takes the records in. */
import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import { Level } from 'level';
import { present } from '../../base/assert.ts';
import { errorToData } from '../error-data.ts';
import { BLOCK_BYTES, type BlockSink, type StateBlock } from './state-block.ts';
import type { StateReply, StateWorkerData } from './state-messages.ts';
import { readState, type LargePlaces } from './state-reader.ts';

/** So many blocks are on their way at most. */
const BLOCKS_MAX = 8;

/** Blocks go to the other thread, and their memory comes back. */
class PortSink implements BlockSink {
  readonly #port: MessagePort;
  readonly #free: ArrayBuffer[] = [];
  #made = 0;
  #wake: (() => void) | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (records: ArrayBuffer) => {
      this.#free.push(records);
      this.#wake?.();
    });
  }

  async room(bytes: number): Promise<ArrayBuffer> {
    const free = await this.#next();
    return free.byteLength < bytes ? new ArrayBuffer(bytes) : free;
  }

  take(block: StateBlock): void {
    this.#port.postMessage({ kind: 'block', block } satisfies StateReply, [block.records]);
  }

  async #next(): Promise<ArrayBuffer> {
    if (this.#free.length === 0 && this.#made < BLOCKS_MAX) {
      this.#made++;
      return new ArrayBuffer(BLOCK_BYTES);
    }
    while (this.#free.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return present(this.#free.pop(), 'a block came back');
  }
}

async function readAll(sink: BlockSink): Promise<LargePlaces> {
  const { directory, firstBlock } = workerData as StateWorkerData;
  const level = new Level<string, Uint8Array>(directory, { createIfMissing: false, multithreading: true });
  await level.open();
  try {
    return await readState(level, firstBlock, sink);
  } finally {
    await level.close();
  }
}

const port = present(parentPort ?? undefined, 'a state is read by a worker');
const reply: StateReply = await readAll(new PortSink(port)).then(
  (large) => ({ kind: 'read', large }),
  (error: unknown) => ({ kind: 'failed', error: errorToData(error) }),
);
port.postMessage(reply);
port.close();
