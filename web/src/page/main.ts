// The page's entry: one picture at a time goes from an input through the worker to the result.

import type { About, Note, Progress } from '../shared/messages';
import { problemOf } from '../shared/problem';
import { Bridge } from './bridge';
import { chosen, offeredTasks, showChoice } from './choice';
import { listenForFiles } from './input';
import { Result } from './result';
import { showSamples } from './samples';
import { Status } from './status';
import { texts } from './texts';

const bridge = new Bridge();
const status = new Status();
const result = new Result();
const offered = offeredTasks();
let current: AbortController | undefined;
let again: (() => Promise<void>) | undefined; // the last picture, once there was one
let prepared: Promise<void> | undefined;

for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
  element.textContent = texts[element.dataset['text'] as 'choose'];
}
for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) {
  element.setAttribute('aria-label', texts[element.dataset['label'] as 'inputs']);
}

document.querySelector('#tagline')!.textContent = texts.tagline(offered);

/** Fetches and starts the photo model once. After a failure the next call tries again. */
function prepare(): Promise<void> {
  prepared ??= bridge
    .call(
      'prepare',
      {
        modelsUrl: new URL('./models/', document.baseURI).href,
        offered,
        backend: new URLSearchParams(location.search).get('backend'),
      },
      // From the first picture on, the status is about pictures: a drawing may be done before this model is there.
      { onProgress: (progress) => again || status.progress(progress) },
    )
    .then(async (about) => {
      if (!again) {
        status.say(texts.ready);
        showEngine(about);
      }
      await showOffline();
    })
    .catch((error: unknown) => {
      prepared = undefined;
      if (!again) status.showProblem(problemOf(error)); // else the picture's own call tells it
    });
  return prepared;
}

function showEngine(about: About): void {
  document.querySelector('#engine')!.textContent = texts.engine(about);
}

/** Says what the page can do without a network by now. */
async function showOffline(): Promise<void> {
  const kept = await bridge.call('kept', null);
  if (!kept.includes('photo')) return;
  await navigator.serviceWorker?.ready;
  const line = document.querySelector<HTMLElement>('#offline')!;
  line.textContent = texts.offline(kept.length === offered.length);
  line.hidden = false;
}

/** Colours one picture; whatever was under way is given up for it. */
async function open(load: () => Promise<File>, remarks: string[] = []): Promise<void> {
  again = () => open(load, remarks);
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
    const output = await bridge.call('colourise', { file, name: file.name, choice: chosen() }, { signal, onProgress });
    result.showColoured(file.name, output.picture, [...remarks, ...output.notes.map((note: Note) => texts.notes[note])]);
    status.say(texts.done(output.width, output.height, output.milliseconds));
    showEngine(output.about);
    void showOffline();
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

showChoice(offered, () => void again?.());

// At once, not at the first picture: one visit is to be enough for working without a network.
void prepare();
if (import.meta.env.PROD) void navigator.serviceWorker?.register('./service_worker.js').catch(() => undefined);
