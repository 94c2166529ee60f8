import { badUsage } from '../failure.ts';

/** The fields of `--meta name=value`, given once or more. */
export function parseMeta(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw badUsage(`--meta is name=value, not ${JSON.stringify(word)}`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
