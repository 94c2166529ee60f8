import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';

/** The value that a word on the command line stands for: `-` standard input, `@file` a file, else itself. */
export async function readValue(word: string): Promise<string | Uint8Array> {
  if (word === '-') return buffer(process.stdin);
  if (word.startsWith('@')) return readFile(word.slice(1));
  return word;
}
