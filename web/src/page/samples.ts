// The sample pictures of public/samples: whatever lies there when the page is built.

import samples from 'virtual:samples';
import { ProblemError } from '../shared/problem';
import { texts } from './texts';

export function showSamples(list: HTMLElement, onChosen: (load: () => Promise<File>) => void): void {
  for (const { file, bytes, caption } of samples) {
    const url = `./samples/${encodeURIComponent(file)}`;
    const text = texts.sample(caption, bytes);
    const picture = Object.assign(document.createElement('img'), { src: url, alt: '', decoding: 'async' });
    const button = Object.assign(document.createElement('button'), { type: 'button' });
    const title = Object.assign(document.createElement('span'), { textContent: text.caption });
    const size = Object.assign(document.createElement('small'), { textContent: text.size });
    button.append(picture, title, size);
    button.addEventListener('click', () => onChosen(() => load(url, file)));
    const item = document.createElement('li');
    item.append(button);
    list.append(item);
  }
}

async function load(url: string, name: string): Promise<File> {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new ProblemError({ code: 'sample-unreachable', name });
  return new File([await response.blob()], name);
}
