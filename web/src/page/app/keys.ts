// Keys. Those of one character work only while the editor has the focus, so that they get in nobody's way (WCAG 2.1.4).

import { byId } from '../dom';
import type { Stage } from '../stage/stage';

const STEP = 60; // pixels that an arrow key moves the picture

export interface KeyEvents {
  onUndo: () => void;
  onRedo: () => void;
  onEscape: () => void;
}

export function listenForKeys(stage: Stage, { onUndo, onRedo, onEscape }: KeyEvents): void {
  const editor = byId('editor');

  document.addEventListener('keydown', (event) => {
    if (editor.hidden || !(event.ctrlKey || event.metaKey) || event.altKey || isText(event.target)) return;
    const key = event.key.toLowerCase();
    const redo = key === 'y' || (key === 'z' && event.shiftKey);
    if (!redo && key !== 'z') return;
    event.preventDefault();
    if (redo) onRedo();
    else onUndo();
  });

  editor.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isText(event.target)) return;
    if (event.key === 'Escape') return onEscape();
    const act = ANYWHERE[event.key] ?? (event.target === stage.element ? ON_STAGE[event.key] : undefined);
    if (!act) return;
    event.preventDefault();
    act(stage);
  });
}

const ANYWHERE: Record<string, (stage: Stage) => void> = {
  '1': ({ compare }) => compare.show('before'),
  '2': ({ compare }) => compare.show('after'),
  '3': ({ compare }) => compare.show('split'),
};

const ON_STAGE: Record<string, (stage: Stage) => void> = {
  '+': (stage) => stage.zoomBy(1.25),
  '=': (stage) => stage.zoomBy(1.25),
  '-': (stage) => stage.zoomBy(1 / 1.25),
  '0': (stage) => stage.fit(),
  ArrowLeft: (stage) => stage.panBy({ x: STEP, y: 0 }),
  ArrowRight: (stage) => stage.panBy({ x: -STEP, y: 0 }),
  ArrowUp: (stage) => stage.panBy({ x: 0, y: STEP }),
  ArrowDown: (stage) => stage.panBy({ x: 0, y: -STEP }),
};

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && ['text', 'password', 'number'].includes(target.type);
}
