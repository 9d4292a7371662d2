// Where a box stands beside a spot: to its right, else left, else below or above; never over it if there is room at all.

import type { Point, Size } from '../stage/viewport';

const GAP = 26; // pixels from the spot's middle: half a mark and some air
const EDGE = 8;

export function besideSpot(spot: Point, box: Size, stage: Size): { left: number; top: number } {
  const within = (value: number, length: number, room: number) => Math.max(EDGE, Math.min(value, room - length - EDGE));
  const level = within(spot.y - box.height / 2, box.height, stage.height);
  const centred = within(spot.x - box.width / 2, box.width, stage.width);
  if (spot.x + GAP + box.width + EDGE <= stage.width) return { left: spot.x + GAP, top: level };
  if (spot.x - GAP - box.width - EDGE >= 0) return { left: spot.x - GAP - box.width, top: level };
  if (spot.y + GAP + box.height + EDGE <= stage.height) return { left: centred, top: spot.y + GAP };
  if (spot.y - GAP - box.height - EDGE >= 0) return { left: centred, top: spot.y - GAP - box.height };
  // No room beside it: at the edge that is farther away.
  return { left: centred, top: spot.y < stage.height / 2 ? stage.height - box.height - EDGE : EDGE };
}
