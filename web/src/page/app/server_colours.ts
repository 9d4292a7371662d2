// The open picture in the server's colours: asked for once a list of hints.

import { UNEDITED } from '../../shared/edit';
import type { Hint, Opened } from '../../shared/messages';
import type { Bridge } from '../bridge';
import type { Source } from '../controls/source';
import { colouriseThere, findServer, type Server } from './server';

const PATIENCE = 400; // milliseconds: hints that are still being moved are not sent

export interface Wanted {
  file: File;
  opened: Opened;
  hints: readonly Hint[];
}

export class ServerColours {
  #server: Server | undefined;
  #asked: AbortController | undefined;
  /** What was sent of a picture whose own file the server does not read: it is the same for all lists of hints. */
  #png: { picture: number; file: Blob } | undefined;
  #adopted: { picture: number; task: string; hints: readonly Hint[] } | undefined;

  constructor(
    private bridge: Bridge,
    private source: Source,
  ) {
    void findServer().then((server) => {
      this.#server = server;
      if (server) source.offerServer(server.key);
    });
  }

  /** Lets the worker have the server's colours. @returns false if something else was wanted meanwhile. */
  async fetch({ file, opened, hints }: Wanted): Promise<boolean> {
    const { picture, task } = opened;
    this.stop();
    const { signal } = (this.#asked = new AbortController());
    const done = this.#adopted;
    if (done?.picture === picture && done.task === task && sameHints(done.hints, hints)) return true;
    await new Promise((resolve) => setTimeout(resolve, done?.picture === picture ? PATIENCE : 0));
    if (signal.aborted) return false;
    try {
      const server = this.#server!;
      const sent = server.formats.includes(opened.format.toLowerCase()) ? file : await this.#asPng(picture, signal);
      const coloured = await colouriseThere(server, { file: sent, task, hints, key: this.source.key, signal });
      await this.bridge.call('adopt', { picture, coloured }, { signal });
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
    this.#adopted = { picture, task, hints };
    return true;
  }

  /** The picture as it is, for a server that does not read its format. */
  async #asPng(picture: number, signal: AbortSignal): Promise<Blob> {
    if (this.#png?.picture !== picture) {
      const edit = { ...UNEDITED, from: 'own' as const };
      const { file } = await this.bridge.call('save', { picture, edit, type: 'image/png', quality: 1 }, { signal });
      this.#png = { picture, file };
    }
    return this.#png.file;
  }

  stop(): void {
    this.#asked?.abort();
  }

  /** The picture is closed. */
  forget(): void {
    this.stop();
    this.#adopted = this.#png = undefined;
  }
}

function sameHints(one: readonly Hint[], other: readonly Hint[]): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
