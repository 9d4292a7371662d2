// An edit that asks for nothing: what every picture begins with.

import type { Edit, Look } from './messages';

/** As the model says. */
export const AS_PREDICTED: Look = { strength: 1, saturation: 1, warmth: 0 };

export const UNEDITED: Edit = { look: AS_PREDICTED, hints: [], variant: 0, from: 'model' };
