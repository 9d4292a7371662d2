// The model's start, what it runs on, and what will be there without a network.

import type { About, BackendName, Progress, TaskName } from '../../shared/messages';
import type { Bridge } from '../bridge';
import { byId, make } from '../dom';
import { write } from '../texts';

const BACKENDS: BackendName[] = ['webgpu', 'webgl', 'wasm', 'cpu'];

/** The tasks that this copy of the page has models for; written into the page by tools/models_plugin.ts. */
export function offeredTasks(): TaskName[] {
  const { content } = document.querySelector<HTMLMetaElement>('meta[name="handtint-models"]')!;
  return (['photo', 'sketch'] as const).filter((task) => task === 'photo' || content.split(' ').includes(task));
}

export interface EngineEvents {
  onProgress: (progress: Progress) => void;
  onReady: () => void;
  /** The person has chosen another backend. */
  onChanged: () => void;
  onProblem: (error: unknown) => void;
}

export class EnginePanel {
  #select = byId('backend', HTMLSelectElement);
  #best = make('option', { value: '' });
  #about = byId('about');
  #offline = byId('offline');

  constructor(
    private bridge: Bridge,
    private offered: TaskName[],
    private events: EngineEvents,
  ) {
    write(this.#best, ({ backendBest }) => backendBest(null));
    this.#select.append(this.#best, ...BACKENDS.map((name) => make('option', { value: name, textContent: name })));
    this.#select.addEventListener('change', () => void this.prepare(this.#select.value || null).then(events.onChanged));
  }

  /** Fetches and starts the photo model, on the best backend if none is named. */
  async prepare(backend: string | null): Promise<void> {
    if (BACKENDS.some((name) => name === backend)) this.#select.value = backend!;
    const modelsUrl = new URL('./models/', document.baseURI).href;
    try {
      // A name from the address may be none that there is: the worker says so.
      const input = { modelsUrl, offered: this.offered, backend: backend as BackendName | null };
      this.show(await this.bridge.call('prepare', input, { onProgress: this.events.onProgress }));
      this.events.onReady();
    } catch (error) {
      this.events.onProblem(error);
    }
  }

  show(about: About | null): void {
    if (!about) return;
    write(this.#about, ({ engine }) => engine(about));
    if (this.#select.value === '') write(this.#best, ({ backendBest }) => backendBest(about));
    void this.#showOffline();
  }

  async #showOffline(): Promise<void> {
    const kept = await this.bridge.call('kept', null).catch((): TaskName[] => []);
    if (!kept.includes('photo')) return;
    await navigator.serviceWorker?.ready;
    write(this.#offline, ({ offline }) => offline(kept.length === this.offered.length));
    this.#offline.hidden = false;
  }
}
