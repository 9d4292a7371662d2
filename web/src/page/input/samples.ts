// The sample pictures of public/samples: whatever lies there when the page is built.

import samples from 'virtual:samples';
import { ProblemError } from '../../shared/problem';
import { make } from '../dom';
import { write } from '../texts';

export function showSamples(list: HTMLElement, onChosen: (load: () => Promise<File>) => void): void {
  for (const { file, bytes, caption } of samples) {
    const url = `./samples/${encodeURIComponent(file)}`;
    const size = make('small');
    write(size, ({ sample }) => sample(bytes));
    const picture = make('img', { src: url, alt: '', decoding: 'async' });
    const button = make('button', { type: 'button' }, picture, make('span', { textContent: caption }), size);
    button.addEventListener('click', () => onChosen(() => load(url, file)));
    list.append(make('li', {}, button));
  }
}

async function load(url: string, name: string): Promise<File> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new ProblemError({ code: 'sample-unreachable', name });
  return new File([await response.blob()], name);
}
