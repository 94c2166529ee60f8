import { readFileSync } from 'node:fs';

/** Of the package that this file is part of, whether it runs from its sources or from dist. */
export function readVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        version?: unknown;
      };
      if (typeof version === 'string') return version;
    } catch {
      // Not there: the other place then.
    }
  }
  return 'unknown';
}
