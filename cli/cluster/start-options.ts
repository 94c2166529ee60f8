import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { ClusterFlags } from './run.ts';

export const DEFAULT_PORT = 7401;
export const DEFAULT_NODES = 3;
const PORT_MAX = 65_535;

export interface StartFlags extends ClusterFlags {
  /** Undefined: as many as the directory has, or the default. */
  readonly nodes?: number;
  /** Undefined: where the directory says, or the default. */
  readonly port?: number;
  /** Modules that export machines; undefined: as the directory has. */
  readonly machine?: readonly string[];
  readonly detach?: boolean;
  /** Steps that were reported before this command began, as `npm start` does. */
  readonly stepsDone: number;
}

/** What every node is told, whenever it is started. */
export function nodeFlags({ machine }: StartFlags): readonly string[] | undefined {
  return machine?.map((file) => `--machine=${resolve(file)}`);
}

export function parseFiles(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

export function parseNodes(text: string): number {
  if (text === '3' || text === '5') return Number(text);
  throw new InvalidArgumentError('say 3 or 5.');
}

export function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port > 0 && port <= PORT_MAX) return port;
  throw new InvalidArgumentError(`a port is a number from 1 to ${PORT_MAX}.`);
}
