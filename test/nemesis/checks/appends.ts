import { byKey, afterReturn, operationsOf, tell } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { Operation } from '../history.ts';

/** Each list holds every acknowledged element once, in an order that real time allows, and every read saw a beginning of it. */
export function checkAppends(evidence: Evidence): readonly string[] {
  return [...byKey(operationsOf(evidence, 'append'))].flatMap(([key, operations]) =>
    checkList(elementsOf(evidence.final.keys.get(key)?.text ?? ''), operations),
  );
}

function checkList(list: readonly string[], operations: readonly Operation[]): readonly string[] {
  const wrong: string[] = [];
  const place = new Map(list.map((element, at) => [element, at]));
  if (place.size < list.length) wrong.push(`${operations[0]?.key} holds an element twice: ${list.join(' ')}`);
  const tried = new Set(operations.filter(({ op }) => op === 'append').map(({ value }) => value));
  for (const element of list) if (!tried.has(element)) wrong.push(`nobody appended ${element}`);
  for (const operation of operations) {
    if (operation.op === 'list') {
      if (operation.outcome !== 'ok') continue;
      const seen = elementsOf(String(operation.output));
      if (seen.some((element, at) => element !== list[at]))
        wrong.push(`${tell(operation)} saw ${seen.join(' ')}, which is no beginning of ${list.join(' ')}`);
      continue;
    }
    const held = place.has(String(operation.value));
    if (operation.outcome === 'ok' && !held) wrong.push(`${tell(operation)} was acknowledged, and is lost`);
    if (operation.outcome === 'fail' && held) wrong.push(`${tell(operation)} failed, and is there`);
  }
  const answered = operations.filter(({ outcome }) => outcome === 'ok');
  for (const [earlier, later] of afterReturn(answered, (each) => reach(each, place))) {
    const ordered =
      later.op === 'append'
        ? reach(earlier, place) < reach(later, place)
        : reach(earlier, place) <= reach(later, place);
    if (!ordered) wrong.push(`${tell(later)} does not know of ${tell(earlier)}, which had returned before`);
  }
  return wrong;
}

/** How many elements there were, with this one or as this one saw. */
function reach(operation: Operation, place: ReadonlyMap<string, number>): number {
  if (operation.op === 'list') return elementsOf(String(operation.output)).length;
  return (place.get(String(operation.value)) ?? -1) + 1;
}

function elementsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(' ');
}
