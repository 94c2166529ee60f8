import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `tsc` for one file, without checking types: a planted bug may leave something unused. */
const OPTIONS = [
  '--ignoreConfig',
  '--noCheck',
  '--noResolve',
  '--target',
  'es2023',
  '--module',
  'nodenext',
  '--rewriteRelativeImportExtensions',
  '--verbatimModuleSyntax',
];

/** The files that a patch changes, as it names them. */
export function filesOf(patch: string): readonly string[] {
  return Array.from(patch.matchAll(/^\+\+\+ b\/(\S+)$/gm), ([, file = '']) => file);
}

/**
 * A copy of the build in `root/dist` with one bug planted: only what the patch changes is compiled anew.
 * Gives the new folder, which takes the place of `dist` and is to be removed in the end.
 */
export async function plant(root: string, name: string): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'kvorum-mutant-'));
  const patchFile = join(root, 'test/mutants', `${name}.patch`);
  const files = filesOf(readFileSync(patchFile, 'utf8'));
  for (const file of files) {
    mkdirSync(join(scratch, file, '..'), { recursive: true });
    cpSync(join(root, file), join(scratch, file));
  }
  cpSync(join(root, 'dist/src'), join(scratch, 'dist/src'), { recursive: true });
  cpSync(join(root, 'package.json'), join(scratch, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  await run('git', ['apply', '-C1', patchFile], { cwd: scratch });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const places = ['--rootDir', scratch, '--outDir', join(scratch, 'dist')];
  await run(process.execPath, [tsc, ...OPTIONS, ...places, ...files.map((file) => join(scratch, file))]);
  return scratch;
}
