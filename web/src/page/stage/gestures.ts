// Hands on the stage: a click chooses a spot, a drag moves the picture, two fingers and the wheel zoom.

import type { Stage } from './stage';
import type { Point } from './viewport';

const STILL = 6; // pixels that a click may wander

export function listenForGestures(stage: Stage, onSpot: (spot: Point, event: PointerEvent) => void, onBeside: () => void): void {
  const { element } = stage;
  const fingers = new Map<number, Point>();
  let start: Point | undefined;
  let moved = false;

  const at = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left - element.clientLeft, y: event.clientY - box.top - element.clientTop };
  };
  // What lies over the picture (marks, the palette, the handle) has gestures of its own.
  const isPicture = (event: Event) => event.target === element || (event.target as Element).id === 'canvas';

  element.addEventListener('pointerdown', (event) => {
    if (!isPicture(event) || event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    if (fingers.size === 1) {
      start = at(event);
      moved = false;
    } else {
      moved = true; // the end of a pinch is no click
    }
  });

  element.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    moved ||= Math.hypot(now.x - start!.x, now.y - start!.y) > STILL;
    if (!moved) return;
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    fingers.set(event.pointerId, now);
    if (other) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      const apart = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
      stage.zoomBy(apart(now) / apart(before), middle);
      stage.panBy({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
    } else {
      element.classList.add('moving');
      stage.panBy({ x: now.x - before.x, y: now.y - before.y });
    }
  });

  const release = (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId)) return;
    element.classList.remove('moving');
    if (event.type !== 'pointerup' || moved) return;
    const spot = stage.spotAt(at(event));
    if (spot) onSpot(spot, event);
    else onBeside();
  };
  element.addEventListener('pointerup', release);
  element.addEventListener('pointercancel', release);

  element.addEventListener(
    'wheel',
    (event) => {
      if (!isPicture(event) && (event.target as Element).closest('#palette')) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      // Browsers tell a touchpad's pinch as a wheel with the control key, in small steps.
      stage.zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), at(event));
    },
    { passive: false },
  );
}
