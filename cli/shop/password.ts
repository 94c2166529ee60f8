import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { badUsage } from '../failure.ts';

/** The flag, and what its help says. A password is never an argument: those are for everyone to see. */
export const PASSWORD_FLAG = '--password-file <file>';
export const PASSWORD_HELP =
  'where the password is; - is standard input (else env: KVORUM_PASSWORD, or it is asked for)';

/** From the file, from the environment, or from the one at the terminal; else from standard input. */
export async function readPassword(file: string | undefined, prompt: string): Promise<string> {
  const { KVORUM_PASSWORD: fromEnvironment } = process.env;
  const password = await readFrom(file, fromEnvironment, prompt);
  if (password === '') throw badUsage('the password is empty');
  return password;
}

async function readFrom(
  file: string | undefined,
  fromEnvironment: string | undefined,
  prompt: string,
): Promise<string> {
  if (file !== undefined && file !== '-') return firstLine(await readFile(file, 'utf8'));
  if (file === undefined && fromEnvironment !== undefined) return fromEnvironment;
  if (file === undefined && process.stdin.isTTY) return ask(prompt);
  return firstLine(await text(process.stdin));
}

function firstLine(content: string): string {
  return content.split(/\r?\n/, 1)[0] ?? '';
}

/** Asks without showing what is typed. */
async function ask(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  // The terminal is in raw mode: Ctrl-C comes as a key.
  terminal.on('SIGINT', () => process.exit(130));
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
