// The open picture leaves the page: saved, copied, shared; and its hints go out and come in.

import type { Edit, Hint, Note, PictureId, SaveType } from '../../shared/messages';
import { ProblemError, problemOf, type Problem } from '../../shared/problem';
import type { Status } from '../app/status';
import type { Bridge } from '../bridge';
import { byId } from '../dom';
import { write } from '../texts';
import { download } from './download';
import { hintFile, parseHints } from './hint_file';
import { hintsName, outputName } from './names';
import { SaveAs, type Saving } from './save_as';

export interface Current {
  picture: PictureId;
  /** The file's. */
  name: string;
  edit: Edit;
}

interface Options {
  bridge: Bridge;
  status: Status;
  current: () => Current | undefined;
  onHints: (hints: Hint[]) => void;
}

interface Written extends Current, Saving {
  file: Blob;
  notes: Note[];
}

/** Bytes. A thousand hints take a tenth; what is longer is something else, and is cut off until it is not JSON. */
const LONGEST_HINTS = 1 << 20;
const COPIED: SaveType = 'image/png'; // what every clipboard takes

export class OutputPanel {
  #options: Options;
  #saveAs = new SaveAs({ type: 'save-type', quality: 'quality' }, () => this.show());
  #buttons = ['save', 'copy', 'share'].map((id) => byId(id, HTMLButtonElement));
  #said = byId('saved');
  /** The last file: to copy or share what was just saved, it need not be written again. */
  #written: Written | undefined;
  #work: AbortController | undefined;

  constructor(options: Options) {
    this.#options = options;
    const [save, copy, share] = this.#buttons;
    save.addEventListener('click', () => void this.#save());
    copy.addEventListener('click', () => void this.#copy());
    share.addEventListener('click', () => void this.#share());
    copy.hidden = !('clipboard' in navigator && 'ClipboardItem' in window);
    share.hidden = !canShare();
    byId('save-hints').addEventListener('click', () => this.#saveHints());
    const loader = byId('load-hints', HTMLInputElement);
    loader.addEventListener('change', () => {
      const [file] = loader.files ?? [];
      if (file) void this.loadHints(file);
      loader.value = ''; // so that the same file can be chosen again
    });
  }

  /** To be called when another picture is open, or its edit has changed. */
  show(): void {
    const current = this.#options.current();
    const { type } = this.#saveAs.value;
    const name = current && outputName(current.name, type);
    write(byId('save-name'), (texts) => (name ? texts.save(name) : texts.words.output));
    for (const button of this.#buttons) button.disabled = !current;
    byId('save-hints').hidden = !current?.edit.hints.length;
    if (this.#written && !this.#isWritten(this.#saveAs.value)) this.#say(() => '');
  }

  /** Gives up a file that is being written. */
  cancel(): void {
    this.#work?.abort();
  }

  async loadHints(file: File): Promise<void> {
    try {
      const text = await file.slice(0, LONGEST_HINTS).text().catch(() => {
        throw new ProblemError({ code: 'unreadable', name: file.name });
      });
      this.#options.onHints(parseHints(text, file.name));
    } catch (error) {
      this.#options.status.showProblem(problemOf(error));
    }
  }

  #saveHints(): void {
    const current = this.#options.current();
    if (current) download(hintFile(current.edit.hints), hintsName(current.name));
  }

  async #save(): Promise<void> {
    const written = await this.#write(this.#saveAs.value);
    if (!written) return;
    const name = outputName(written.name, written.type);
    download(written.file, name);
    const { size } = written.file;
    this.#say(({ output, notes }) => [output.saved(name, size), ...written.notes.map((note) => notes[note])].join(' '));
  }

  async #copy(): Promise<void> {
    // The browser gives leave at the click, so it is asked at once, and gets the picture when that is there.
    let failed: unknown;
    const picture = this.#write({ type: COPIED, quality: 1 }).then((written) => {
      if (!written) throw (failed = new DOMException('nothing was written', 'AbortError'));
      return written.file;
    });
    try {
      await navigator.clipboard.write([new ClipboardItem({ [COPIED]: picture })]);
      this.#say(({ output }) => output.copied);
    } catch {
      // Else the status says why nothing was written.
      if (!failed) this.#fail({ code: 'not-copied' });
    }
  }

  async #share(): Promise<void> {
    const written = await this.#write(this.#saveAs.value);
    if (!written) return;
    const file = new File([written.file], outputName(written.name, written.type), { type: written.type });
    try {
      await navigator.share({ files: [file] });
    } catch (error) {
      const { name } = error as DOMException;
      // Writing a large picture takes longer than a click lasts; the next click finds it ready.
      if (name === 'NotAllowedError') this.#say(({ output }) => output.shareAgain);
      else if (name !== 'AbortError') this.#fail(problemOf(error));
    }
  }

  /** The file; undefined after a problem, which is shown, or when given up. */
  async #write(saving: Saving): Promise<Written | undefined> {
    const { bridge, status, current: find } = this.#options;
    const current = find();
    if (!current) return undefined;
    if (this.#isWritten(saving)) return this.#written;
    this.#work?.abort();
    const { signal } = (this.#work = new AbortController());
    byId('output').setAttribute('aria-busy', 'true');
    this.#say(() => '');
    try {
      const input = { picture: current.picture, edit: current.edit, ...saving };
      const output = await bridge.call('save', input, { signal, onProgress: (progress) => status.progress(progress) });
      status.say(({ status }) => status.ready);
      return (this.#written = { ...current, ...saving, file: output.file, notes: output.notes });
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) this.#fail(problemOf(error));
      else if (this.#work.signal === signal) status.say(({ status }) => status.cancelled);
      return undefined;
    } finally {
      if (this.#work.signal === signal) byId('output').setAttribute('aria-busy', 'false');
    }
  }

  #isWritten({ type, quality }: Saving): boolean {
    const [written, current] = [this.#written, this.#options.current()];
    return (
      written?.picture === current?.picture &&
      written?.edit === current?.edit && // whoever changes one makes a new one
      written?.type === type &&
      (written.quality === quality || type === 'image/png')
    );
  }

  #say(text: Parameters<typeof write>[1]): void {
    write(this.#said, text);
  }

  #fail(problem: Problem): void {
    this.#options.status.showProblem(problem);
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

function canShare(): boolean {
  const probe = new File([], 'probe.png', { type: 'image/png' });
  return navigator.canShare?.({ files: [probe] }) ?? false;
}
