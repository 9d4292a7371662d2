// What the page shows: the welcome, one picture, or many.

import { byId } from '../dom';

export type Screen = 'welcome' | 'editor' | 'batch';
const SCREENS: Screen[] = ['welcome', 'editor', 'batch'];

export function showScreen(shown: Screen): void {
  document.body.dataset['view'] = shown;
  for (const screen of SCREENS) byId(screen).hidden = screen !== shown;
}

export function shownScreen(): Screen {
  return document.body.dataset['view'] as Screen;
}
