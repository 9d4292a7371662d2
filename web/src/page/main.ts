// The page's entry.

import { problemOf } from '../shared/problem';
import { Status } from './app/status';
import { Bridge } from './bridge';
import { byId } from './dom';
import { ACCEPTED, listenForFiles } from './input/files';
import { showSamples } from './input/samples';
import { startTexts } from './texts';

startTexts();
const bridge = new Bridge();
const status = new Status();

const pickers = ['file', 'camera'].map((id) => byId(id, HTMLInputElement));
pickers[0].accept = ACCEPTED;
listenForFiles(pickers, {
  onFiles: (files) => void openFiles(files),
  onProblem: ({ problem }) => status.showProblem(problem),
});
showSamples(byId('samples'), (load) => void load().then((file) => openFiles([file])));

async function openFiles([file]: [File, ...File[]]): Promise<void> {
  try {
    await bridge.call('open', { file, name: file.name, choice: 'auto' });
  } catch (error) {
    status.showProblem(problemOf(error));
  }
}
