// Colour hints: a spot is chosen on the picture or with the crosshair, a colour in the palette. Marks and a list show them.

import type { Calls, Edit, Hint, PictureId } from '../../shared/messages';
import type { Bridge } from '../bridge';
import { byId } from '../dom';
import type { Stage } from '../stage/stage';
import type { Point } from '../stage/viewport';
import { Crosshair } from './crosshair';
import { HintList } from './list';
import { Marks } from './marks';
import { Palette } from './palette';

export interface HintEvents {
  /** @param gesture changes of one gesture are undone together. */
  onChange: (hints: readonly Hint[], gesture?: string) => void;
  onGestureEnd: () => void;
  onProblem: (error: unknown) => void;
}

/** The spot that the palette is open for: a hint, or a place for one. */
interface Target {
  index: number | null;
  spot: Point;
}

export class Hints {
  #marks: Marks;
  #list: HintList;
  #palette: Palette;
  #crosshair: Crosshair;
  #pending = byId('pending');
  #add = byId('hint-add');
  #picture: PictureId | undefined;
  #edit: Edit | undefined;
  #target: Target | undefined;

  constructor(
    private bridge: Bridge,
    private stage: Stage,
    private events: HintEvents,
  ) {
    const choose = (index: number) => this.#open({ index, spot: this.#hints[index] });
    const remove = (index: number) => this.#remove(index);
    this.#marks = new Marks(stage, {
      onChosen: choose,
      onMoved: (index, spot) => this.#replace(index, spot, `move ${index}`),
      onDropped: () => events.onGestureEnd(),
      onDeleted: remove,
    });
    this.#list = new HintList({ onChosen: choose, onDeleted: remove });
    this.#palette = new Palette({
      onColour: (colour, live) => this.#colour(colour, live),
      onPick: () => void this.#pick(),
      onDelete: () => this.#target?.index != null && this.#remove(this.#target.index),
      onClosed: () => this.#closed(),
    });
    this.#crosshair = new Crosshair(stage);
    this.#add.addEventListener('click', () => void this.#addByCrosshair());
    byId('hints-clear').addEventListener('click', () => {
      events.onChange([]);
      this.#add.focus();
    });
  }

  /** Another picture, or another edit of the same. */
  show(picture: PictureId, edit: Edit): void {
    if (picture !== this.#picture) {
      this.#crosshair.take(undefined);
      this.#target = undefined;
      this.#palette.close();
    }
    this.#picture = picture;
    this.#edit = edit;
    this.#marks.show(edit.hints);
    this.#list.show(edit.hints);
    byId('hints-clear').hidden = byId('save-hints').hidden = edit.hints.length === 0;
    byId('hints-help').hidden = edit.hints.length > 0;
    if (this.#target?.index != null) {
      const hint = edit.hints[this.#target.index];
      if (hint) this.#palette.mark(hint.colour);
      else this.#palette.close(); // undone
    }
    this.place();
  }

  /** The picture has moved on the stage. */
  place(): void {
    this.#marks.place();
    if (!this.#target) return;
    const { index, spot } = this.#target;
    const place = this.stage.placeOf(index === null ? spot : (this.#hints[index] ?? spot));
    this.#pending.style.translate = `${place.x}px ${place.y}px`;
    this.#palette.place(place, this.stage.size);
  }

  /** A click on the picture. */
  spot(spot: Point): void {
    if (this.#crosshair.asking) this.#crosshair.take(spot);
    else this.#open({ index: null, spot });
  }

  /** A click beside the picture. */
  dismiss(): void {
    this.#crosshair.take(undefined);
    this.#palette.close();
  }

  get #hints(): readonly Hint[] {
    return this.#edit?.hints ?? [];
  }

  #open(target: Target): void {
    if (!this.#edit || this.#picture === undefined) return;
    const { index, spot } = target;
    this.#target = target;
    const colour = index === null ? null : this.#hints[index].colour;
    this.#pending.hidden = index !== null;
    this.#palette.show(colour, this.stage.placeOf(spot), this.stage.size);
    this.place();
    void this.#suggest(this.#picture, this.#edit, target, colour);
  }

  async #suggest(picture: PictureId, edit: Edit, target: Target, colour: string | null): Promise<void> {
    const { x, y } = target.spot;
    // With the spot's own hint every suggestion would be its colour.
    const others = { ...edit, hints: edit.hints.filter((_, index) => index !== target.index) };
    const { colours } = await this.#ask('suggest', { picture, edit: others, x, y }, { colours: [] });
    if (this.#target !== target) return;
    this.#palette.suggest(colours, colour, true);
    this.place(); // it may have grown
  }

  #colour(colour: string, live: boolean): void {
    const target = this.#target;
    if (!target) return;
    if (target.index === null) {
      target.index = this.#hints.length;
      this.#pending.hidden = true;
      this.events.onChange([...this.#hints, { x: target.spot.x, y: target.spot.y, colour }], `colour ${target.index}`);
    } else {
      this.#replace(target.index, { colour }, `colour ${target.index}`);
    }
    if (live) return;
    this.events.onGestureEnd();
    this.#palette.remember(colour);
  }

  #replace(index: number, change: Partial<Hint>, gesture: string): void {
    this.events.onChange(
      this.#hints.map((hint, at) => (at === index ? { ...hint, ...change } : hint)),
      gesture,
    );
  }

  #remove(index: number): void {
    this.#palette.close();
    this.events.onChange(this.#hints.filter((_, at) => at !== index));
    if (this.#hints.length > 0) this.#marks.focus(Math.min(index, this.#hints.length - 1));
    else this.#add.focus({ preventScroll: true });
  }

  async #addByCrosshair(): Promise<void> {
    this.#palette.close();
    const spot = await this.#crosshair.ask('spotHelp');
    if (spot) this.#open({ index: null, spot });
    else this.#add.focus();
  }

  /** Takes the colour of another spot of the picture for the palette's. */
  async #pick(): Promise<void> {
    const target = this.#target;
    const [picture, edit] = [this.#picture, this.#edit];
    if (!target || !edit || picture === undefined) return;
    const spot = await this.#crosshair.ask('pickHelp', target.spot);
    if (this.#target !== target) return;
    const none = { colour: '' };
    const { colour } = spot ? await this.#ask('pick', { picture, side: 'coloured', edit, ...spot }, none) : none;
    if (colour && this.#target === target) this.#colour(colour, false);
    byId('palette-pick').focus();
  }

  #closed(): void {
    const target = this.#target;
    this.#target = undefined;
    this.#pending.hidden = true;
    this.#crosshair.take(undefined);
    if (target?.index != null) this.#marks.focus(target.index);
    else if (target) this.stage.element.focus({ preventScroll: true });
  }

  async #ask<Name extends 'suggest' | 'pick'>(
    name: Name,
    input: Calls[Name]['input'],
    otherwise: Calls[Name]['output'],
  ): Promise<Calls[Name]['output']> {
    try {
      return await this.bridge.call(name, input);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.events.onProblem(error);
      return otherwise;
    }
  }
}
