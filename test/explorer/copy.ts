/**
 * Copies and compares objects of any class by their fields. What is the same object in one place and
 * another is so in the copy too.
 */

/** @param shared - objects that nobody changes: the copy refers to them */
export function deepCopy<T>(value: T, shared: ReadonlySet<unknown>): T {
  return copy(value, shared, new Map()) as T;
}

function copy(value: unknown, shared: ReadonlySet<unknown>, known: Map<object, object>): unknown {
  // Nobody changes the bytes of an entry.
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (shared.has(value)) return value;
  const done = known.get(value);
  if (done !== undefined) return done;
  if (Array.isArray(value)) return copyList(value, shared, known);
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    known.set(value, map);
    for (const [key, item] of value) map.set(key, copy(item, shared, known));
    return map;
  }
  if (value instanceof Set) {
    const set = new Set<unknown>(value);
    known.set(value, set);
    return set;
  }
  const object = Object.create(Object.getPrototypeOf(value) as object | null) as Record<string, unknown>;
  known.set(value, object);
  const fields = value as Record<string, unknown>;
  for (const name in fields) object[name] = copy(fields[name], shared, known);
  return object;
}

function copyList(
  list: readonly unknown[],
  shared: ReadonlySet<unknown>,
  known: Map<object, object>,
): unknown[] {
  const items = Array.from<unknown>({ length: list.length });
  known.set(list, items);
  for (let at = 0; at < list.length; at++) items[at] = copy(list[at], shared, known);
  return items;
}

/** Equal for equal values, whatever order maps and sets were filled in. */
export function describe(value: unknown, shared: ReadonlySet<unknown>): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (shared.has(value)) return '';
  if (value instanceof Uint8Array) return `<${value.join(' ')}>`;
  if (Array.isArray(value)) {
    let text = '[';
    for (const item of value) text += `${describe(item, shared)},`;
    return `${text}]`;
  }
  if (value instanceof Set)
    return `{${[...value]
      .map((item) => describe(item, shared))
      .sort()
      .join()}}`;
  if (value instanceof Map) {
    const items = Array.from(value, ([key, item]) => `${describe(key, shared)}:${describe(item, shared)}`);
    return `{${items.sort().join()}}`;
  }
  const fields = value as Record<string, unknown>;
  let text = '(';
  for (const name in fields) text += `${name}=${describe(fields[name], shared)};`;
  return `${text})`;
}
