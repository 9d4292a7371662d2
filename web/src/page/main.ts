// The page's entry: one picture at a time goes from an input through the worker to the result.

import type { Note, Progress } from '../shared/messages';
import { problemOf } from '../shared/problem';
import { Bridge } from './bridge';
import { listenForFiles } from './input';
import { Result } from './result';
import { showSamples } from './samples';
import { Status } from './status';
import { texts } from './texts';

const bridge = new Bridge();
const status = new Status();
const result = new Result();
let current: AbortController | undefined;
let prepared: Promise<boolean> | undefined;

for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
  element.textContent = texts[element.dataset['text'] as 'tagline'];
}
for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) {
  element.setAttribute('aria-label', texts[element.dataset['label'] as 'inputs']);
}

/** Fetches and starts the model once; true if it will be there without a network. After a failure the next call tries again. */
function prepare(): Promise<boolean> {
  prepared ??= bridge
    .call(
      'prepare',
      {
        modelUrl: new URL('./models/photo/', document.baseURI).href,
        backend: new URLSearchParams(location.search).get('backend'),
      },
      { onProgress: (progress) => status.progress(progress) },
    )
    .then(({ version, backend, cached }) => {
      document.querySelector('#engine')!.textContent = texts.engine(version, backend);
      if (!current) status.say(texts.ready);
      return cached;
    })
    .catch((error: unknown) => {
      prepared = undefined;
      if (!current) status.showProblem(problemOf(error)); // else the picture's own call tells it
      return false;
    });
  return prepared;
}

/** Colours one picture; whatever was under way is given up for it. */
async function open(load: () => Promise<File>, remarks: string[] = []): Promise<void> {
  current?.abort();
  const { signal } = (current = new AbortController());
  status.clearProblem();
  status.say(texts.opening);
  void prepare();
  try {
    const file = await load();
    signal.throwIfAborted();
    const onProgress = (progress: Progress) => {
      if (progress.step === 'opened') result.showOriginal(file);
      status.progress(progress);
    };
    const output = await bridge.call('colourise', { file, name: file.name }, { signal, onProgress });
    result.showColoured(file.name, output.picture, [...remarks, ...output.notes.map((note: Note) => texts.notes[note])]);
    status.say(texts.done(output.width, output.height, output.milliseconds));
  } catch (error) {
    if (signal.aborted) return;
    result.hideUnfinished();
    status.showProblem(problemOf(error));
  } finally {
    if (current?.signal === signal) current = undefined;
  }
}

listenForFiles(document.querySelector<HTMLInputElement>('#file')!, {
  onFiles: ([first, ...rest]) =>
    open(async () => first, rest.length > 0 ? [texts.onlyFirst(first.name, rest.length + 1)] : []),
  onProblem: (error) => status.showProblem(error.problem),
});
showSamples(document.querySelector<HTMLElement>('#samples')!, (load) => void open(load));

// At once, not at the first picture: one visit is to be enough for working without a network.
void prepare().then(async (cached) => {
  if (!cached) return;
  await navigator.serviceWorker?.ready;
  document.querySelector<HTMLElement>('#offline')!.hidden = false;
});
if (import.meta.env.PROD) void navigator.serviceWorker?.register('./service_worker.js').catch(() => undefined);
