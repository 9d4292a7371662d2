// The one open picture: its edit with undo, and everything that shows or changes it.

import { UNEDITED } from '../../shared/edit';
import type { Choice, Edit, Opened, TaskName } from '../../shared/messages';
import { problemOf, type Problem } from '../../shared/problem';
import type { Bridge } from '../bridge';
import { Alternatives } from '../controls/alternatives';
import { Facts } from '../controls/facts';
import { LookControls } from '../controls/look';
import { Source } from '../controls/source';
import { byId } from '../dom';
import { Hints } from '../hints/hints';
import { listenForGestures } from '../stage/gestures';
import { Stage } from '../stage/stage';
import type { Shown } from '../stage/views';
import { History } from './history';
import { listenForKeys } from './keys';
import { ServerColours } from './server_colours';
import type { Current } from '../output/panel';
import type { Status } from './status';

export interface EditorEvents {
  /** A picture has been opened: time to show the editor. */
  onOpen: () => void;
  /** The picture or its edit is another. */
  onChange: () => void;
  /** A view has come: what it was computed on may be news. */
  onColoured: (shown: Shown) => void;
  /** The person wants an end to what is under way. */
  onCancel: () => void;
}

interface Open {
  file: File;
  opened: Opened;
  history: History<Edit>;
}

/** Problems of a file itself: another try would end the same. */
const HOPELESS = new Set<Problem['code']>([
  'empty-file',
  'not-a-picture',
  'unsupported-format',
  'truncated',
  'too-large',
  'undecodable',
]);

export class Editor {
  readonly #stage: Stage;
  readonly #hints: Hints;
  readonly #look: LookControls;
  readonly #alternatives: Alternatives;
  readonly #facts: Facts;
  readonly #source: Source;
  readonly #server: ServerColours;
  #undo = byId('undo', HTMLButtonElement);
  #redo = byId('redo', HTMLButtonElement);
  #open: Open | undefined;
  /** Of the file that is being opened, while one is. */
  #opening: AbortController | undefined;
  #again: () => void = () => undefined;
  #telling = 0; // a timeout
  #told = false;
  #started = 0;

  constructor(
    private bridge: Bridge,
    private status: Status,
    offered: readonly TaskName[],
    private events: EditorEvents,
  ) {
    const onGestureEnd = () => this.#open?.history.endGesture();
    const onProblem = (error: unknown) => this.#fail(error);
    this.#stage = new Stage(bridge, {
      onColoured: (shown) => this.#coloured(shown),
      onProgress: (progress) => this.#told && status.progress(progress),
      onProblem,
      onMoved: () => this.#hints.place(),
    });
    this.#hints = new Hints(bridge, this.#stage, {
      onChange: (hints, gesture) => this.change({ hints, variant: 0 }, gesture),
      onGestureEnd,
      onProblem,
    });
    this.#look = new LookControls({ onChange: (look, gesture) => this.change({ look }, gesture), onGestureEnd });
    this.#alternatives = new Alternatives(bridge, (variant) => this.change({ variant }));
    this.#facts = new Facts(offered, (choice) => void this.#retake(choice));
    this.#source = new Source(
      (from) => this.change({ from }),
      () => this.#show(),
    );
    this.#server = new ServerColours(bridge, this.#source);
    this.#undo.addEventListener('click', () => this.#step('undo'));
    this.#redo.addEventListener('click', () => this.#step('redo'));
    byId('cancel').addEventListener('click', () => this.#stop());
    listenForGestures(
      this.#stage,
      (spot) => this.#hints.spot(spot),
      () => this.#hints.dismiss(),
    );
    listenForKeys(this.#stage, {
      onUndo: () => this.#step('undo'),
      onRedo: () => this.#step('redo'),
      onEscape: () => this.#hints.dismiss(),
    });
  }

  get current(): Current | undefined {
    if (!this.#open) return undefined;
    const { file, opened, history } = this.#open;
    return { picture: opened.picture, name: file.name, edit: history.now };
  }

  /** Opens a file in place of the picture that is open, which stays if this goes wrong. */
  async open(load: () => Promise<File>): Promise<void> {
    this.#opening?.abort();
    const opening = (this.#opening = new AbortController());
    const { signal } = opening;
    this.status.clearProblem();
    this.status.wait(({ status }) => status.opening);
    this.#again = () => void this.open(load);
    this.#started = performance.now();
    this.#busy(true);
    try {
      const file = await load();
      signal.throwIfAborted();
      const opened = await this.bridge.call('open', { file, name: file.name, choice: 'auto' }, { signal });
      this.close();
      this.#open = { file, opened, history: new History(UNEDITED) };
      this.#start();
    } catch (error) {
      if (!signal.aborted) this.#fail(error, () => void this.open(load));
    } finally {
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  /** Begins to colour what is open; the editor is on the screen by now. */
  #start(): void {
    const { file, opened, history } = this.#open!;
    const { picture, width, height } = opened;
    this.#facts.show(file.name, opened);
    this.#alternatives.clear();
    this.#work(0);
    this.events.onOpen(); // before the stage is asked for its size
    this.#stage.open({ picture, size: { width, height }, name: file.name }, history.now);
    this.#controls();
    this.#stage.element.focus({ preventScroll: true });
  }

  close(): void {
    if (!this.#open) return;
    this.#stage.close();
    this.#alternatives.clear();
    this.#server.forget();
    void this.bridge.call('close', { picture: this.#open.opened.picture }).catch(() => undefined);
    this.#open = undefined;
    this.#rest();
  }

  /** Changes the edit. @param gesture see History. */
  change(change: Partial<Edit>, gesture?: string): void {
    if (!this.#open) return;
    const { history } = this.#open;
    history.push({ ...history.now, ...change }, gesture);
    this.#show();
  }

  /** Colours again, as on another backend. */
  again(): void {
    if (!this.#open) return;
    const { history } = this.#open;
    history.replace({ ...history.now });
    this.#show();
  }

  #step(step: 'undo' | 'redo'): void {
    this.#open?.history[step]();
    this.#show();
  }

  /** Shows the edit as it is now. */
  #show(): void {
    if (!this.#open) return;
    const { file, opened, history } = this.#open;
    const edit = history.now;
    this.status.clearProblem(); // of what was tried before
    this.#controls();
    this.#work();
    if (edit.from !== 'server') {
      this.#server.stop();
      this.#stage.edit(edit);
      return;
    }
    void this.#server.fetch({ file, opened, hints: edit.hints }).then(
      (fresh) => fresh && this.#open?.history.now === edit && this.#stage.edit(edit),
      (error: unknown) => this.#fail(error, () => this.#show()),
    );
  }

  #controls(): void {
    const { opened, history } = this.#open!;
    const edit = history.now;
    this.#look.show(edit.look);
    this.#hints.show(opened.picture, edit);
    this.#alternatives.show(edit);
    this.#source.show(edit.from, opened.inColour);
    this.#undo.disabled = !history.canUndo;
    this.#redo.disabled = !history.canRedo;
    this.events.onChange();
  }

  #coloured(shown: Shown): void {
    if (!this.#open || !shown.sharp) return;
    const { opened, history } = this.#open;
    if (shown.edit !== history.now) return;
    if (!this.#opening) {
      const milliseconds = performance.now() - this.#started;
      if (this.#told) this.status.say(({ status }) => status.done(milliseconds));
      this.#rest();
    } // else the stage is about to show another picture
    this.events.onColoured(shown);
    void this.#alternatives.load(opened.picture, opened, shown.edit);
  }

  async #retake(choice: Choice): Promise<void> {
    const open = this.#open;
    if (!open) return;
    try {
      open.opened = await this.bridge.call('retake', { picture: open.opened.picture, choice });
      if (this.#open !== open) return;
      open.history.replace({ ...open.history.now, variant: 0 });
      this.#start();
    } catch (error) {
      this.#fail(error, () => void this.#retake(choice));
    }
  }

  // ---- Work under way ----

  /** @param patience milliseconds after which it is told: what is quick needs no words. */
  #work(patience = 300): void {
    this.#again = () => this.again();
    if (!this.#isBusy) this.#started = performance.now();
    this.#busy(true);
    clearTimeout(this.#telling);
    if (this.#told) return;
    this.#telling = window.setTimeout(() => this.#tell(), patience);
  }

  #tell(): void {
    this.#told = true;
    const onServer = this.#open?.history.now.from === 'server';
    this.status.wait(({ status }) => (onServer ? status.server : status.colouring));
  }

  #rest(): void {
    clearTimeout(this.#telling);
    this.#told = false;
    this.#busy(false);
  }

  get #isBusy(): boolean {
    return this.#stage.element.getAttribute('aria-busy') === 'true';
  }

  #busy(busy: boolean): void {
    this.#stage.element.setAttribute('aria-busy', String(busy));
  }

  #stop(): void {
    this.events.onCancel();
    if (!this.#isBusy) return;
    this.#opening?.abort();
    this.#stage.stopColouring();
    this.#server.stop();
    this.#rest();
    this.status.say(({ status }) => status.cancelled);
    this.status.offerAgain(this.#again);
  }

  #fail(error: unknown, retry = () => this.again()): void {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    this.#rest();
    const problem = problemOf(error);
    if (problem.code === 'server-refused' && problem.status === 401) this.#source.askForKey();
    this.status.showProblem(problem, HOPELESS.has(problem.code) ? undefined : retry);
  }
}
