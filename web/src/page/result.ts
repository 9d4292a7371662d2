// The original and the coloured picture side by side, and the link that saves.

import { texts } from './texts';

/** NAME.ext -> NAME-colour.png */
export function outputName(name: string): string {
  return `${name.replace(/\.[^.]*$/, '')}-colour.png`;
}

export class Result {
  #work = document.querySelector<HTMLElement>('#work')!;
  #section = document.querySelector<HTMLElement>('#result')!;
  #original = new Frame('original');
  #coloured = new Frame('coloured');
  #save = document.querySelector<HTMLAnchorElement>('#save')!;
  #notes = document.querySelector<HTMLElement>('#notes')!;
  #urls: string[] = [];

  /** The original, twice: the second one waits for its colours. */
  showOriginal(file: File): void {
    // The browser would keep the old pictures in memory for as long as the page lives.
    this.#urls.splice(0).forEach((url) => URL.revokeObjectURL(url));
    const url = this.#urlOf(file);
    this.#original.show(url, texts.originalAlt(file.name));
    this.#coloured.show(url, texts.originalAlt(file.name), true);
    this.#save.hidden = true;
    this.#notes.replaceChildren();
    this.#section.hidden = false;
    // On a phone it lies below the samples. Not before the picture is there: until then it has no height.
    void this.#original.decoded().then(() => this.#work.scrollIntoView({ block: 'nearest' }));
  }

  showColoured(name: string, picture: Blob, notes: string[]): void {
    const url = this.#urlOf(picture);
    this.#coloured.show(url, texts.colouredAlt(name));
    const saveName = outputName(name);
    Object.assign(this.#save, { href: url, download: saveName, textContent: texts.save(saveName), hidden: false });
    this.#notes.replaceChildren(...notes.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
  }

  /** Hides a picture whose colouring did not end well. */
  hideUnfinished(): void {
    if (this.#save.hidden) this.#section.hidden = true;
  }

  #urlOf(picture: Blob): string {
    const url = URL.createObjectURL(picture);
    this.#urls.push(url);
    return url;
  }
}

class Frame {
  #link: HTMLAnchorElement;
  #image: HTMLImageElement;

  constructor(id: string) {
    this.#link = document.querySelector<HTMLAnchorElement>(`#${id}-link`)!;
    this.#image = document.querySelector<HTMLImageElement>(`#${id}`)!;
    this.#link.title = texts.openFull;
  }

  show(url: string, alt: string, busy = false): void {
    Object.assign(this.#image, { src: url, alt });
    this.#link.href = url;
    this.#link.setAttribute('aria-busy', String(busy));
  }

  async decoded(): Promise<void> {
    await this.#image.decode().catch(() => undefined); // rejects when another picture takes its place
  }
}
