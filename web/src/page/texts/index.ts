// The language of the page. `write` puts words into an element and puts them there anew when the language changes.

import type { Problem } from '../../shared/problem';
import { de } from './de';
import { en } from './en';
import type { Explanation } from './explanation';

export type Texts = typeof en;
export type Language = keyof typeof languages;
/** What can be named in index.html. */
export type Word = keyof Texts['words'];
type Make = (texts: Texts) => string;

export const languages = { en, de };

const KEY = 'handtint-language';
const written = new Map<WeakRef<Element>, { attribute: string | null; make: Make }>();
const places = new WeakMap<Element, Map<string | null, WeakRef<Element>>>();
let language: Language = 'en';

export function texts(): Texts {
  return languages[language];
}

/** Sets an element's content, or one of its attributes, to words. */
export function write(element: Element, make: Make, attribute: string | null = null): void {
  const own = places.get(element) ?? new Map<string | null, WeakRef<Element>>();
  places.set(element, own);
  const place = own.get(attribute) ?? new WeakRef(element);
  own.set(attribute, place);
  written.set(place, { attribute, make });
  put(element, attribute, make(texts()));
}

/** Says a problem in the page's language. */
export function explain(problem: Problem, { explanations }: Texts = texts()): Explanation {
  // The code picks the function that takes just this kind of problem, which the compiler can't follow.
  return (explanations[problem.code] as (problem: Problem) => Explanation)(problem);
}

/** Writes what index.html names, in the language chosen before, else in the browser's. */
export function startTexts(root: ParentNode = document): void {
  language = wished();
  const named = (name: 'text' | 'label' | 'title', attributes: (string | null)[]) => {
    for (const element of root.querySelectorAll<HTMLElement>(`[data-${name}]`)) {
      const word = element.dataset[name] as Word;
      for (const attribute of attributes) write(element, ({ words }) => words[word], attribute);
    }
  };
  named('text', [null]);
  named('label', ['aria-label']);
  named('title', ['title', 'aria-label']);
  document.documentElement.lang = language;
}

export function currentLanguage(): Language {
  return language;
}

export function speak(chosen: Language): void {
  language = chosen;
  document.documentElement.lang = chosen;
  remember(chosen);
  for (const [place, { attribute, make }] of written) {
    const element = place.deref();
    if (element) put(element, attribute, make(texts()));
    else written.delete(place);
  }
}

function put(element: Element, attribute: string | null, text: string): void {
  // Screen readers say a live region again whenever it is set, even to what it says already.
  if (attribute !== null) element.setAttribute(attribute, text);
  else if (element.textContent !== text) element.textContent = text;
}

function wished(): Language {
  const known = (tag: string): tag is Language => tag in languages;
  const remembered = recall();
  return [remembered ?? '', ...navigator.languages.map((tag) => tag.split('-')[0])].find(known) ?? 'en';
}

// A browser that keeps nothing for the page throws when it is asked.
function recall(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(chosen: Language): void {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // then the browser's language again next time
  }
}
