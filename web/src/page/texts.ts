// Every word that the page shows.

import type { About, Note, TaskName } from '../shared/messages';
import type { Problem } from '../shared/problem';

const number = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
const PICTURES: Record<TaskName, string> = { photo: 'photographs', sketch: 'drawings' };
const FORMATS = 'a JPEG, PNG, WebP or GIF picture';

export const texts = {
  tagline: (offered: TaskName[]) =>
    `Colours for black-and-white photographs${offered.includes('sketch') ? ' and line drawings' : ''}.`,
  inputs: 'Choose a picture',
  choose: 'Choose a picture',
  orDrop: 'or drop it anywhere here, or paste it',
  samples: 'Or try one of these',
  choice: 'What is it?',
  auto: 'Automatic',
  photo: 'Photograph',
  sketch: 'Drawing',
  original: 'Original',
  coloured: 'Coloured',
  privacy: 'Your picture stays on this device: the page colours it here and sends it nowhere.',
  offline: (drawingsToo: boolean) =>
    `This page now works without a network, too${drawingsToo ? '' : '; for drawings, once it has coloured one'}.`,

  download: (task: TaskName) => `Fetching the model for ${PICTURES[task]} …`,
  start: 'Starting the model …',
  ready: 'Ready.',
  opening: 'Opening the picture …',
  colouring: 'Colouring …',
  saving: 'Writing the picture …',
  stopped: 'That did not work.',
  done: (width: number, height: number, milliseconds: number) =>
    `Done: ${pixels(width, height)} in ${number.format(milliseconds / 1000)} s.`,

  amount: (received: number, total: number) => `${bytes(received)} of ${bytes(total)}`,
  engine: ({ task, version, backend }: About) => `Model for ${PICTURES[task]}, version ${version}, running on ${backend}.`,
  sample: (caption: string, size: number) => ({ caption, size: bytes(size) }),
  save: (name: string) => `Save ${name}`,
  originalAlt: (name: string) => `${name}, as it was opened`,
  colouredAlt: (name: string) => `${name}, coloured`,
  openFull: 'Opens at full size in a new tab',

  onlyFirst: (name: string, count: number) => `${count} files were given; only the first, ${name}, is coloured.`,
  notes: {
    'first-frame': 'The picture is animated: its first frame is coloured.',
    'eight-bits': 'The picture has more than 8 bits a channel; the result has 8.',
    'already-colour': 'The picture has colours of its own; they were replaced.',
    transparency: 'The transparency is kept.',
    'white-paper': 'The transparent parts have become white paper.',
    'taken-for-drawing': 'It looks like a drawing and was coloured as one. If it is a photograph, say so above.',
  } satisfies Record<Note, string>,
};

export interface Explanation {
  what: string;
  /** What was expected and what came instead. */
  why: string;
  fix: string;
}

/** A problem in words. */
export function explain(problem: Problem): Explanation {
  switch (problem.code) {
    case 'empty-file':
      return {
        what: `${problem.name} is empty.`,
        why: `Expected ${FORMATS}; received a file of 0 bytes.`,
        fix: 'Copy or download the picture again.',
      };
    case 'not-a-picture':
      return {
        what: `${problem.name} is not a picture.`,
        why: `Expected ${FORMATS}; received ${RECEIVED[problem.received] ?? 'something unknown'}.`,
        fix: 'Save the picture itself, not the page it is on, and choose that file.',
      };
    case 'unsupported-format':
      return {
        what: `This page can't read ${problem.received} files.`,
        why: `Expected ${FORMATS}; ${problem.name} is ${problem.received}.`,
        fix: 'Save it as PNG or JPEG in another program and choose that file.',
      };
    case 'truncated':
      return {
        what: `${problem.name} is cut off.`,
        why: `Expected a whole ${problem.format} file; received one whose end is missing.`,
        fix: 'Copy or download the picture again, until the end.',
      };
    case 'too-large':
      return {
        what: `${problem.name} is too large.`,
        why:
          'Expected at most 100 megapixels and no side over 32,767; ' +
          `received ${pixels(problem.width, problem.height)} (${number.format((problem.width * problem.height) / 1e6)} megapixels).`,
        fix: 'Make it smaller in another program, or cut it into parts.',
      };
    case 'undecodable':
      return {
        what: `${problem.name} can't be decoded.`,
        why: `Expected a sound ${problem.format} file; received one that this browser can't decode.`,
        fix: 'Open it in another program, save it as PNG, and choose that file.',
      };
    case 'out-of-memory':
      return {
        what: `There is not enough memory for ${problem.name}.`,
        why: `Expected room for ${pixels(problem.width, problem.height)}; this browser refused it.`,
        fix: 'Close other tabs, or make the picture smaller.',
      };
    case 'unreadable':
      return {
        what: `${problem.name} can't be read.`,
        why: 'Expected a file; received a folder, or a file that was moved or is not yours to open.',
        fix: 'Choose the file again.',
      };
    case 'no-file':
      return {
        what: 'There was no picture in that.',
        why: `Expected ${FORMATS} as a file; received text or a link.`,
        fix: 'Save the picture first, then choose or drop the file, or copy the picture itself.',
      };
    case 'sample-unreachable':
      return {
        what: `The sample ${problem.name} could not be fetched.`,
        why: 'Expected a picture from the server; received no answer.',
        fix: 'Check the network, or choose a picture of your own.',
      };
    case 'model-unreachable':
      return {
        what: `The model for ${PICTURES[problem.task]} could not be fetched.`,
        why: `Expected ${problem.path} from the server; received ${problem.received}.`,
        fix: 'Check the network and choose the picture again.',
      };
    case 'model-manifest':
      return {
        what: 'The server has a model that this page does not understand.',
        why: `Expected ${problem.expected}; received ${problem.received}.`,
        fix: 'Reload the page. If that does not help, the site needs a new build of the page or the model.',
      };
    case 'model-damaged':
      return {
        what: 'The model arrived damaged.',
        why: `Expected ${problem.path} with ${problem.expected}; received ${problem.received}.`,
        fix: 'Choose the picture again to fetch it anew. If that does not help, the server has a broken copy.',
      };
    case 'no-backend':
      return {
        what: 'The model does not run in this browser.',
        why: `Expected WebGL, WebAssembly or plain JavaScript to run it; tried ${problem.tried}.`,
        fix: 'Update the browser, or use another one.',
      };
    case 'unknown-backend':
      return {
        what: `There is no backend “${problem.received}”.`,
        why: `Expected one of ${problem.known} in the address; received ${problem.received}.`,
        fix: 'Correct the address, or leave the backend out.',
      };
    case 'unexpected':
      return {
        what: 'Something went wrong in this page.',
        why: problem.detail,
        fix: 'Reload the page and try again. If it happens again, please report it with the line above.',
      };
  }
}

const RECEIVED: Record<string, string> = { HTML: 'a web page (HTML)', text: 'text' };

function pixels(width: number, height: number): string {
  return `${width} × ${height} pixels`;
}

export function bytes(count: number): string {
  return count < 1e6 ? `${number.format(Math.ceil(count / 1e3))} KB` : `${number.format(count / 1e6)} MB`;
}
