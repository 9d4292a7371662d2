// Hints as a file, the same that `handtint colourise --hints` and the gateway take, with the checks of
// serving/colouring/hints.py: {"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}.

import type { Hint } from '../../shared/messages';
import { ProblemError, type Problem } from '../../shared/problem';

export const MAX_HINTS = 1000;
const COLOUR = /^#[0-9a-f]{6}$/i;
const FIELDS = ['colour', 'x', 'y'];

type Field = Extract<Problem, { code: 'hints-entry' }>['field'];

export function hintFile(hints: readonly Hint[]): Blob {
  // One a line, for people who edit it; no field but those three.
  const lines = hints.map(({ x, y, colour }) => `  ${JSON.stringify({ x, y, colour })}`);
  return new Blob([`{"hints": [\n${lines.join(',\n')}\n]}\n`], { type: 'application/json' });
}

/**
 * @param name of the file, for messages.
 * Throws ProblemError: not JSON, of another form, a value out of range, too many.
 */
export function parseHints(document: string, name: string): Hint[] {
  let content: unknown;
  try {
    content = JSON.parse(document);
  } catch {
    throw new ProblemError({ code: 'hints-not-json', name });
  }
  if (!isRecord(content) || Object.keys(content).join() !== 'hints' || !Array.isArray(content['hints'])) {
    throw new ProblemError({ code: 'hints-form', name, received: short(content) });
  }
  const entries = content['hints'] as unknown[];
  if (entries.length > MAX_HINTS) {
    throw new ProblemError({ code: 'hints-too-many', name, count: entries.length, most: MAX_HINTS });
  }
  return entries.map((entry, index) => {
    const wrong = (field: Field, received: unknown) =>
      new ProblemError({ code: 'hints-entry', name, number: index + 1, field, received: short(received) });
    if (!isRecord(entry) || Object.keys(entry).sort().join() !== FIELDS.join()) throw wrong('fields', entry);
    const { x, y, colour } = entry as { x: unknown; y: unknown; colour: unknown };
    if (!isShare(x)) throw wrong('x', x);
    if (!isShare(y)) throw wrong('y', y);
    if (typeof colour !== 'string' || !COLOUR.test(colour)) throw wrong('colour', colour);
    return { x, y, colour: colour.toLowerCase() };
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

/** What was received, in the file's own language and never all of something long. */
function short(value: unknown): string {
  const written = JSON.stringify(value) ?? 'nothing';
  return written.length <= 60 ? written : `${written.slice(0, 60)}…`;
}
