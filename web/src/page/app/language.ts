// The choice of a language.

import { make } from '../dom';
import { currentLanguage, languages, speak, type Language } from '../texts';

export function offerLanguages(select: HTMLSelectElement): void {
  for (const [language, { name }] of Object.entries(languages)) {
    select.append(make('option', { value: language, textContent: name, lang: language }));
  }
  select.value = currentLanguage();
  select.addEventListener('change', () => speak(select.value as Language));
}
