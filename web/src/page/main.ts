// The page's entry: files come in by many ways and go to the editor, or, if they are several, to the list.

import { problemOf } from '../shared/problem';
import { Editor } from './app/editor';
import { EnginePanel, offeredTasks } from './app/engine';
import { watchInstall } from './app/install';
import { offerLanguages } from './app/language';
import { takeLaunched } from './app/launch';
import { showScreen } from './app/screens';
import { Status } from './app/status';
import { watchUpdates } from './app/updates';
import { Bridge } from './bridge';
import { byId } from './dom';
import { ACCEPTED, listenForFiles } from './input/files';
import { showSamples } from './input/samples';
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
  onOpen: () => showScreen('editor'),
  onChange: () => {
    const onServer = editor.current?.edit.from === 'server';
    write(byId('privacy'), ({ privacy, privacyServer }) => (onServer ? privacyServer : privacy));
  },
  onColoured: ({ about }) => engine.show(about),
});

function openFiles([first]: File[]): void {
  void editor.open(async () => first);
}

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
