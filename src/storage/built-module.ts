/**
 * Where the compiled form of a sibling module is, for what needs a file of its own: a worker thread
 * or a child process. Run from the sources, it is the build of the same tree.
 *
 * @param from - `import.meta.url` of the caller
 * @param module - its relative path, with `.ts`
 */
export function builtModule(from: string, module: string): URL {
  const url = new URL(module, from);
  if (!from.endsWith('.ts')) return new URL(url.href.replace(/\.ts$/, '.js'));
  return new URL(url.href.replace(/\/src\/(.*)\.ts$/, '/dist/src/$1.js'));
}
