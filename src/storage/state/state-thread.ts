import { Worker } from 'node:worker_threads';
import { StoreError } from '../../base/errors.ts';
import { unreachable } from '../../base/assert.ts';
import { builtModule } from '../built-module.ts';
import { errorFromData } from '../error-data.ts';
import type { StateBlock } from './state-block.ts';
import type { StateReply, StateWorkerData } from './state-messages.ts';
import type { LargePlaces } from './state-reader.ts';

/**
 * Reads a database in a thread of its own, which is gone when this settles. It is open here, for many
 * threads, and stays so: LevelDB lets one process in, and what this thread opened first it must close last.
 *
 * @param take - keeps nothing of the block's memory
 * @throws what `readState` does, what `take` does; StoreError DISK_FAILED if the thread itself breaks down
 */
export async function readInThread(
  directory: string,
  firstBlock: number,
  take: (block: StateBlock) => void,
): Promise<LargePlaces> {
  const workerData: StateWorkerData = { directory, firstBlock };
  const worker = new Worker(builtModule(import.meta.url, './state-worker.ts'), { workerData });
  const failed = (reason: string, cause?: unknown): StoreError =>
    new StoreError('DISK_FAILED', `the thread that reads the state in ${directory} ${reason}`, { cause });
  try {
    return await new Promise<LargePlaces>((resolve, reject) => {
      worker.on('message', (reply: StateReply) => {
        try {
          const reading = onReply(worker, reply, take);
          if (reading !== undefined) resolve(reading);
        } catch (error) {
          worker.removeAllListeners('message');
          reject(error);
        }
      });
      worker.on('error', (error) => reject(failed(`broke down: ${String(error)}`, error)));
      worker.on('exit', () => reject(failed('ended')));
    });
  } finally {
    await worker.terminate();
  }
}

/** What was read, once all of it was. */
function onReply(
  worker: Worker,
  reply: StateReply,
  take: (block: StateBlock) => void,
): LargePlaces | undefined {
  switch (reply.kind) {
    case 'block':
      take(reply.block);
      worker.postMessage(reply.block.records, [reply.block.records]);
      return undefined;
    case 'read':
      return reply.large;
    case 'failed':
      throw errorFromData(reply.error);
    default:
      return unreachable(reply);
  }
}
