import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StoreError } from '../base/errors.ts';
import type { AnyMachine } from '../machine/machine.ts';

/**
 * The machines that these modules export, under any name. Every node of a cluster must be given the same ones.
 *
 * @throws StoreError CONFIG_INVALID for a file that does not load or exports no machine
 */
export async function loadMachines(files: readonly string[]): Promise<readonly AnyMachine[]> {
  return (await Promise.all(files.map(loadFile))).flat();
}

async function loadFile(file: string): Promise<readonly AnyMachine[]> {
  const machines = Object.values(await importFile(file)).filter(isMachine);
  if (machines.length > 0) return machines;
  throw new StoreError('CONFIG_INVALID', `${file} exports no machine; see defineMachine`);
}

async function importFile(file: string): Promise<object> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as object;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError('CONFIG_INVALID', `${file} does not load: ${message}`, { cause });
  }
}

function isMachine(value: unknown): value is AnyMachine {
  if (typeof value !== 'object' || value === null) return false;
  const { name, parseCommand, parseQuery, apply, query } = value as Partial<AnyMachine>;
  return typeof name === 'string' && [parseCommand, parseQuery, apply, query].every(isFunction);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
