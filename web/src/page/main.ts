// The page's entry: files come in by many ways and go to the editor, or, if they are several, to the list.

import { problemOf } from '../shared/problem';
import { Editor } from './app/editor';
import { EnginePanel, offeredTasks } from './app/engine';
import { watchInstall } from './app/install';
import { offerLanguages } from './app/language';
import { takeLaunched } from './app/launch';
import { showScreen, shownScreen, type Screen } from './app/screens';
import { Status } from './app/status';
import { watchUpdates } from './app/updates';
import { Batch } from './batch/batch';
import { Bridge } from './bridge';
import { byId } from './dom';
import { ACCEPTED, listenForFiles } from './input/files';
import { showSamples } from './input/samples';
import { OutputPanel } from './output/panel';
import { startTexts, write } from './texts';

startTexts();
offerLanguages(byId('language', HTMLSelectElement));
const offered = offeredTasks();
write(byId('tagline'), ({ tagline }) => tagline(offered));

const bridge = new Bridge();
const status = new Status();

const engine = new EnginePanel(bridge, offered, {
  // Once a picture is open the status is about the picture.
  onProgress: (progress) => editor.current || status.progress(progress),
  onReady: () => editor.current || status.say((texts) => texts.status.ready),
  onChanged: () => editor.again(),
  onProblem: (error) => status.showProblem(problemOf(error), () => void engine.prepare(null)),
});

const editor = new Editor(bridge, status, offered, {
  onOpen: () => show('editor'),
  onChange: () => {
    const onServer = editor.current?.edit.from === 'server';
    write(byId('privacy'), ({ privacy, privacyServer }) => (onServer ? privacyServer : privacy));
    output.show();
  },
  onColoured: ({ about }) => engine.show(about),
  onCancel: () => output.cancel(),
});

const output = new OutputPanel({
  bridge,
  status,
  current: () => editor.current,
  onHints: (hints) => editor.change({ hints, variant: 0 }),
});

const batch = new Batch({
  bridge,
  status,
  onEdit: (file) => void editor.open(async () => file),
  onEmpty: () => show(editor.current ? 'editor' : 'welcome'),
});

/** One picture goes to the editor; several, and whatever comes while the list is shown, go to the list. */
function openFiles(files: File[]): void {
  const [first] = files;
  if (files.length === 1 && isHints(first)) return void output.loadHints(first);
  if (files.length === 1 && shownScreen() !== 'batch') return void editor.open(async () => first);
  status.clearProblem();
  batch.add(files);
  show('batch');
}

function isHints({ name }: File): boolean {
  return editor.current !== undefined && name.endsWith('.json');
}

function show(screen: Screen): void {
  showScreen(screen);
  toBatch.hidden = screen === 'batch' || batch.size === 0;
}

const toBatch = byId('to-batch');
toBatch.addEventListener('click', () => show('batch'));

const pickers = ['file', 'camera'].map((id) => byId(id, HTMLInputElement));
pickers[0].accept = ACCEPTED;
listenForFiles(pickers, { onFiles: openFiles, onProblem: ({ problem }) => status.showProblem(problem) });
showSamples(byId('samples'), (load) => void editor.open(load));
takeLaunched(openFiles);

const [install, update] = [byId('install'), byId('update')];
watchInstall((ask) => {
  install.hidden = ask === null;
  install.onclick = ask;
});
void watchUpdates((apply) => {
  update.hidden = false;
  update.onclick = apply;
});

write(byId('privacy'), ({ privacy }) => privacy);
// At once, not at the first picture: one visit is to be enough for working without a network.
void engine.prepare(new URLSearchParams(location.search).get('backend'));
