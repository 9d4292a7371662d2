// What can go wrong, as data: a code and the values its message needs. The page turns it into words (src/page/texts.ts),
// so nothing below the page holds a sentence for people, and a second language touches one file.

import type { SaveType, TaskName } from './messages';

export type Problem =
  // The picture
  | { code: 'empty-file'; name: string }
  | { code: 'not-a-picture'; name: string; received: string }
  | { code: 'unsupported-format'; name: string; received: string }
  | { code: 'truncated'; name: string; format: string }
  | { code: 'too-large'; name: string; width: number; height: number }
  | { code: 'undecodable'; name: string; format: string }
  | { code: 'out-of-memory'; name: string; width: number; height: number }
  | { code: 'unreadable'; name: string }
  | { code: 'no-file' }
  | { code: 'sample-unreachable'; name: string }
  // What was asked for
  | { code: 'not-written'; type: SaveType }
  | { code: 'not-copied' }
  // A file of hints
  | { code: 'hints-not-json'; name: string }
  | { code: 'hints-form'; name: string; received: string }
  | { code: 'hints-too-many'; name: string; count: number; most: number }
  | { code: 'hints-entry'; name: string; number: number; field: 'fields' | 'x' | 'y' | 'colour'; received: string }
  // The model
  | { code: 'model-unreachable'; task: TaskName; path: string; received: string }
  | { code: 'model-manifest'; expected: string; received: string }
  | { code: 'model-damaged'; path: string; expected: string; received: string }
  | { code: 'no-backend'; tried: string }
  | { code: 'backend-lost'; backend: string }
  | { code: 'unknown-backend'; received: string; known: string }
  // The server that gave the page
  | { code: 'server-unreachable' }
  | { code: 'server-refused'; status: number; detail: string; fix: string }
  // Anything else: a mistake of ours, never the person's
  | { code: 'unexpected'; detail: string };

export class ProblemError extends Error {
  override name = 'ProblemError';

  constructor(readonly problem: Problem) {
    super(JSON.stringify(problem));
  }
}

/** The problem behind anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return { code: 'unexpected', detail: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
