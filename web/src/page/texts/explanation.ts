// What a language says about problems: every code has its words, or the page does not compile.

import type { Problem } from '../../shared/problem';

export interface Explanation {
  what: string;
  /** What was expected and what came instead. */
  why: string;
  fix: string;
}

export type Explanations = {
  [Code in Problem['code']]: (problem: Extract<Problem, { code: Code }>) => Explanation;
};
