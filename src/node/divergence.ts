import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../base/errors.ts';
import type { Divergence } from '../replica/state-audit.ts';
import { replaceFile, syncDirectory } from '../storage/atomic-file.ts';
import { diskError, systemCode } from '../storage/disk-error.ts';
import type { StopReason } from './stop-reason.ts';

const NAME = 'diverged';

/** Notes in a data directory that its state must not be used, and says so: the node stops for this reason. */
export async function noteDivergence(
  directory: string,
  { index }: Divergence,
): Promise<Extract<StopReason, { kind: 'failed' }>> {
  const message = `the state in ${directory}, as of entry ${index}, is another one than that of a majority`;
  await replaceFile(join(directory, NAME), `${message}\n`).catch(() => undefined);
  return { kind: 'failed', code: 'STATE_CORRUPT', message };
}

/**
 * A state that was found to differ is used no more, until it is asked to be rebuilt: then the note goes,
 * and the reason for which the state is to be set aside is returned.
 *
 * @throws StoreError STATE_CORRUPT
 */
export async function checkDivergence(
  directory: string,
  { rebuild }: { readonly rebuild: boolean },
): Promise<string | undefined> {
  const path = join(directory, NAME);
  try {
    const message = await readFile(path, 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (!rebuild && message === undefined) return undefined;
    if (!rebuild) throw new StoreError('STATE_CORRUPT', `${path}: ${message?.trim()}`);
    await rm(path, { force: true });
    await syncDirectory(directory);
    return 'it is to be rebuilt';
  } catch (error) {
    throw diskError(error, `reading ${path}`);
  }
}
