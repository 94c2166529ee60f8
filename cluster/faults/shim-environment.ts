import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What a process needs to be started with so that `fault-shim.ts` is loaded into it first. */
export function shimEnvironment(): Readonly<Record<string, string>> {
  const beside = new URL('fault-shim.js', import.meta.url);
  const built = existsSync(fileURLToPath(beside))
    ? beside
    : new URL('../../dist/cluster/faults/fault-shim.js', import.meta.url);
  return { NODE_OPTIONS: `--import=${built.href}` };
}
