/**
 * Makes a fresh clone ready to run: `npm start` and `npm test` call it first. It checks the version
 * of Node, installs the locked dependencies when they are missing or differ from the lock file,
 * and builds when a source has changed since the last build. Plain JavaScript without
 * dependencies, since it runs before there are any.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_NEEDED = { major: 20, minor: 19 };
const SOURCE_FOLDERS = ['src', 'cli', 'cluster', 'bench', 'test'];
const INSTALLED_MARK = join(ROOT, 'node_modules', '.kvorum-setup');
const BUILT_MARK = join(ROOT, 'dist', '.kvorum-build');

main(process.argv.slice(2));

function main(args) {
  const steps = args[0] === '--steps' ? Number(args[1]) : 2;
  checkNodeVersion();
  const installed = installDependencies();
  report(1, steps, 'dependencies', installed);
  const built = build();
  report(2, steps, 'build', built);
  linkBin();
}

function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const { major: majorMin, minor: minorMin } = NODE_NEEDED;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return;
  fail(`Kvorum needs Node ${majorMin}.${minorMin} or later; this is ${process.versions.node}.`);
}

/** Returns what was done, as words for the progress line. */
function installDependencies() {
  const wanted = sha256(readFileSync(join(ROOT, 'package-lock.json')));
  if (readIfThere(INSTALLED_MARK) === wanted) return 'up to date';
  const startedMs = Date.now();
  note('[1] installing the dependencies…');
  runNpm(['ci', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']);
  writeFileSync(INSTALLED_MARK, wanted);
  return `npm ci, ${secondsSince(startedMs)}`;
}

function build() {
  const wanted = fingerprintOfSources();
  if (readIfThere(BUILT_MARK) === wanted && existsSync(join(ROOT, 'dist', 'cli', 'kvorum.js'))) {
    return 'up to date';
  }
  const startedMs = Date.now();
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [compiler, '-p', ROOT], 'the build failed; the messages above say where');
  mkdirSync(dirname(BUILT_MARK), { recursive: true });
  writeFileSync(BUILT_MARK, wanted);
  return secondsSince(startedMs);
}

/** Every source by path, size and time of change: a file that was removed counts as well. */
function fingerprintOfSources() {
  const lines = [];
  for (const folder of SOURCE_FOLDERS) {
    const at = join(ROOT, folder);
    if (!existsSync(at)) continue;
    for (const name of readdirSync(at, { recursive: true })) {
      if (name.endsWith('.ts')) lines.push(describe(join(at, name)));
    }
  }
  lines.push(describe(join(ROOT, 'tsconfig.json')), describe(INSTALLED_MARK));
  return sha256(lines.toSorted().join('\n'));
}

function describe(path) {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

/** Lets `npx kvorum` find the program of this clone without asking the registry. */
function linkBin() {
  const program = join(ROOT, 'dist', 'cli', 'kvorum.js');
  chmodSync(program, 0o755);
  const link = join(ROOT, 'node_modules', '.bin', 'kvorum');
  if (process.platform === 'win32' || existsSync(link)) return;
  rmSync(link, { force: true });
  symlinkSync('../../dist/cli/kvorum.js', link);
}

function runNpm(args) {
  const npm = process.env['npm_execpath'];
  const why = `npm ${args[0]} failed; check the network and the registry, then try again`;
  // Its summary would stand between the progress lines; its errors go to stderr.
  if (npm === undefined) run('npm', args, why, 'ignore');
  else run(process.execPath, [npm, ...args], why, 'ignore');
}

/** What the compiler says is a note: it goes to stderr, so that stdout holds data alone. */
function run(command, args, why, noise = 2) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', noise, 2] });
  if (error !== undefined) fail(`${why} (${error.message})`);
  if (status !== 0) fail(why);
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

function secondsSince(startedMs) {
  return `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
}

function report(step, steps, what, done) {
  note(`[${step}/${steps}] ${what.padEnd(13)} ok (${done})`);
}

function note(line) {
  process.stderr.write(`${line}\n`);
}

function fail(message) {
  note(`kvorum setup: ${message}`);
  process.exit(1);
}
