// What the picture is: the person's word, or its looks. Only where there is a model for drawings is there anything to choose.

import type { Choice, TaskName } from '../shared/messages';

const form = () => document.querySelector<HTMLFieldSetElement>('#choice')!;

/** The tasks that this copy of the page has models for; written into the page by tools/models_plugin.ts. */
export function offeredTasks(): TaskName[] {
  const { content } = document.querySelector<HTMLMetaElement>('meta[name="handtint-models"]')!;
  return (['photo', 'sketch'] as const).filter((task) => task === 'photo' || content.split(' ').includes(task));
}

export function showChoice(offered: TaskName[], onChange: () => void): void {
  form().hidden = !offered.includes('sketch');
  form().addEventListener('change', onChange);
}

export function chosen(): Choice {
  if (form().hidden) return 'auto';
  return form().querySelector<HTMLInputElement>('input:checked')!.value as Choice;
}
