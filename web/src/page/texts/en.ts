// Every word that the page shows, in English. A language is a file like this one and a line in index.ts.

import type { About, Note, SaveType, TaskName } from '../../shared/messages';
import type { Explanations } from './explanation';
import { formatOf } from './format';

const format = formatOf('en-GB');
const PICTURES: Record<TaskName, string> = { photo: 'photographs', sketch: 'drawings' };
const FORMATS = 'a JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF picture';
const TYPES: Record<SaveType, string> = { 'image/png': 'PNG', 'image/jpeg': 'JPEG', 'image/webp': 'WebP' };
const HINTS_FIX = 'Write hints as {"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}, as Save hints does.';
const HINT_FIELDS = {
  fields: 'x, y and colour',
  x: 'an x from 0 to 1',
  y: 'a y from 0 to 1',
  colour: 'a colour like #b03a2e',
};
const RECEIVED: Record<string, string> = { HTML: 'a web page (HTML)', text: 'text' };

/** What index.html names in data-text, data-label and data-title. */
const words = {
  language: 'Language',
  update: 'Update available: use it now',
  install: 'Install',
  toBatch: 'Back to the list',
  open: 'Open pictures',
  again: 'Try again',
  dismiss: 'Dismiss',
  close: 'Close',
  cancel: 'Cancel',
  welcome: 'Choose a picture',
  choose: 'Choose pictures',
  orDrop: 'or drop them anywhere, or paste one',
  formats: 'JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF · up to 100 megapixels',
  camera: 'Take a photograph',
  samples: 'Or try one of these',
  editor: 'The open picture',
  stage: 'Picture',
  stageHelp:
    'Click a spot to give it a colour. Arrow keys move the picture, plus and minus zoom, 0 fits it; ' +
    '1 shows it before, 2 after, 3 both.',
  split: 'How much of the picture is shown as it was before',
  pickHelp:
    'Click the spot whose colour you want, or move the cross with the arrow keys and press Enter. Escape ' +
    'ends.',
  spotHelp:
    'Click the spot that gets a colour, or move the cross with the arrow keys and press Enter. Escape ' +
    'ends.',
  crosshair: 'Take this spot',
  markHelp: 'Arrow keys move it, Enter changes its colour, Delete removes it.',
  tools: 'Undo, compare and zoom',
  undo: 'Undo (Ctrl+Z)',
  redo: 'Redo (Ctrl+Y)',
  compare: 'Compare',
  before: 'Before',
  both: 'Both',
  after: 'After',
  zoomOut: 'Zoom out (−)',
  zoomIn: 'Zoom in (+)',
  zoomFit: 'Show the whole picture (0)',
  panel: 'Settings',
  from: 'Colours',
  fromModel: 'Handtint’s',
  fromOwn: 'Its own',
  fromServer: 'On the server',
  serverPrivacy: 'The picture and its hints are sent to the server that gave you this page. It keeps neither.',
  serverKey: 'Key',
  alternatives: 'Alternatives',
  look: 'Look',
  strength: 'Strength',
  saturation: 'Saturation',
  warmth: 'Warmth',
  lookReset: 'Reset',
  hints: 'Colour hints',
  hintsHelp: 'Click a spot in the picture and say which colour it has.',
  hintAdd: 'Add a hint',
  hintsClear: 'Remove all',
  hintsSave: 'Save hints',
  hintsLoad: 'Load hints',
  palette: 'Colour of this spot',
  suggested: 'Natural for this spot',
  recent: 'Used before',
  anyColour: 'Any colour',
  pick: 'Take a colour from the picture',
  deleteHint: 'Remove this hint (Delete)',
  output: 'Save',
  saveType: 'Save as',
  quality: 'Quality',
  copy: 'Copy the picture',
  share: 'Share the picture',
  batch: 'Many pictures',
  batchCancel: 'Cancel',
  batchRetry: 'Try the rest again',
  batchClear: 'Clear the list',
  batchZip: 'Save all as zip',
  batchEdit: 'Edit',
  progress: 'Progress',
  backend: 'What the model runs on',
};

const notes: Record<Note, string> = {
  'first-frame': 'The file holds several pictures: the first is coloured.',
  'eight-bits': 'The picture has more than 8 bits a channel; the result has 8.',
  'already-colour': 'The picture is in colour already: it was made grey first.',
  transparency: 'The transparency is kept.',
  'white-paper': 'The transparent parts have become white paper.',
  'profile-dropped': 'The colour profile is not kept: the result is sRGB.',
  'metadata-dropped': 'The details about the picture (EXIF, XMP) are not kept.',
};

const explanations: Explanations = {
  'empty-file': ({ name }) => ({
    what: `${name} is empty.`,
    why: `Expected ${FORMATS}; received a file of 0 bytes.`,
    fix: 'Copy or download the picture again.',
  }),
  'not-a-picture': ({ name, received }) => ({
    what: `${name} is not a picture.`,
    why: `Expected ${FORMATS}; received ${RECEIVED[received] ?? 'something unknown'}.`,
    fix: 'Save the picture itself, not the page it is on, and choose that file.',
  }),
  'unsupported-format': ({ name, received }) => ({
    what: `This page can’t read ${received} files.`,
    why: `Expected ${FORMATS}; ${name} is ${received}.`,
    fix: 'Save it as PNG or JPEG in another program and choose that file.',
  }),
  truncated: ({ name, format: kind }) => ({
    what: `${name} is cut off.`,
    why: `Expected a whole ${kind} file; received one whose end is missing.`,
    fix: 'Copy or download the picture again, until the end.',
  }),
  'too-large': ({ name, width, height }) => ({
    what: `${name} is too large.`,
    why:
      'Expected at most 100 megapixels and no side over 32,767; ' +
      `received ${format.pixels(width, height)} pixels (${format.megapixels(width, height)} megapixels).`,
    fix: 'Make it smaller in another program, or cut it into parts.',
  }),
  undecodable: ({ name, format: kind }) => ({
    what: `${name} can’t be decoded.`,
    why: `Expected a sound ${kind} file; received one that this browser can’t decode.`,
    fix: 'Open it in another program, save it as PNG, and choose that file.',
  }),
  'out-of-memory': ({ name, width, height }) => ({
    what: `There is not enough memory for ${name}.`,
    why: `Expected room for ${format.pixels(width, height)} pixels; this browser refused it.`,
    fix: 'Close other tabs, or make the picture smaller.',
  }),
  unreadable: ({ name }) => ({
    what: `${name} can’t be read.`,
    why: 'Expected a file; received a folder, or a file that was moved or is not yours to open.',
    fix: 'Choose the file again.',
  }),
  'no-file': () => ({
    what: 'There was no picture in that.',
    why: `Expected ${FORMATS} as a file; received text or a link.`,
    fix: 'Save the picture first, then choose or drop the file, or copy the picture itself.',
  }),
  'sample-unreachable': ({ name }) => ({
    what: `The sample ${name} could not be fetched.`,
    why: 'Expected a picture from the server; received no answer.',
    fix: 'Check the network, or choose a picture of your own.',
  }),
  'not-written': ({ type }) => ({
    what: `This browser did not write the picture as ${TYPES[type]}.`,
    why: `Expected a file of type ${TYPES[type]}; the browser has none for a picture of this size, or none at all.`,
    fix: 'Choose another type under Save as.',
  }),
  'not-copied': () => ({
    what: 'The picture was not copied.',
    why: 'Expected leave to write to the clipboard; the browser refused it.',
    fix: 'Allow it for this page, or save the picture as a file.',
  }),
  'hints-not-json': ({ name }) => ({
    what: `${name} holds no hints.`,
    why: 'Expected JSON; received something else.',
    fix: HINTS_FIX,
  }),
  'hints-form': ({ name, received }) => ({
    what: `${name} holds no hints.`,
    why: `Expected an object with one list, "hints"; received ${received}.`,
    fix: HINTS_FIX,
  }),
  'hints-too-many': ({ name, count, most }) => ({
    what: `${name} holds too many hints.`,
    why: `Expected at most ${format.number(most)}; received ${format.number(count)}.`,
    fix: 'Leave some out.',
  }),
  'hints-entry': ({ name, number, field, received }) => ({
    what: `Hint ${number} in ${name} is wrong.`,
    why: `Expected ${HINT_FIELDS[field]}; received ${received}.`,
    fix: HINTS_FIX,
  }),
  'model-unreachable': ({ task, path, received }) => ({
    what: `The model for ${PICTURES[task]} could not be fetched.`,
    why: `Expected ${path} from the server; received ${received}.`,
    fix: 'Check the network and try again.',
  }),
  'model-manifest': ({ expected, received }) => ({
    what: 'The server has a model that this page does not understand.',
    why: `Expected ${expected}; received ${received}.`,
    fix: 'Reload the page. If that does not help, the site needs a new build of the page or the model.',
  }),
  'model-damaged': ({ path, expected, received }) => ({
    what: 'The model arrived damaged.',
    why: `Expected ${path} with ${expected}; received ${received}.`,
    fix: 'Try again to fetch it anew. If that does not help, the server has a broken copy.',
  }),
  'no-backend': ({ tried }) => ({
    what: 'The model does not run in this browser.',
    why: `Expected WebGPU, WebGL, WebAssembly or plain JavaScript to run it; tried ${tried}.`,
    fix: 'Update the browser, or use another one.',
  }),
  'backend-lost': ({ backend }) => ({
    what: 'The graphics card was taken away from the page.',
    why: `Expected ${backend} to go on computing; received nothing from it.`,
    fix: 'Try again: it is started anew. If it happens often, choose wasm at the bottom of the page.',
  }),
  'unknown-backend': ({ received, known }) => ({
    what: `There is no backend “${received}”.`,
    why: `Expected one of ${known} in the address; received ${received}.`,
    fix: 'Correct the address, or leave the backend out.',
  }),
  'server-unreachable': () => ({
    what: 'The server does not answer.',
    why: 'Expected the picture in colour; received no answer.',
    fix: 'Check the network and try again, or let this page colour the picture.',
  }),
  'server-refused': ({ detail, fix }) => ({
    what: 'The server did not colour the picture.',
    why: detail,
    fix: fix || 'Try again, or let this page colour the picture.',
  }),
  unexpected: ({ detail }) => ({
    what: 'Something went wrong in this page.',
    why: detail,
    fix: 'Reload the page and try again. If it happens again, please report it with the line above.',
  }),
};

export const en = {
  locale: 'en-GB',
  name: 'English',
  format,
  words,
  notes,
  explanations,
  tagline: (offered: readonly TaskName[]) =>
    `Colours for black-and-white photographs${offered.includes('sketch') ? ' and line drawings' : ''}`,
  privacy: 'Your pictures stay on this device: they are coloured here and sent nowhere.',
  privacyServer: 'The open picture is coloured on the server. All others stay on this device.',
  offline: (drawingsToo: boolean) => `Works offline${drawingsToo ? '' : ', drawings after the first one'}`,

  status: {
    download: (task: TaskName) => `Fetching the model for ${PICTURES[task]} …`,
    amount: (received: number, total: number) => `${format.bytes(received)} of ${format.bytes(total)}`,
    start: 'Starting the model …',
    ready: 'Ready',
    opening: 'Opening the picture …',
    colouring: 'Colouring …',
    server: 'The server is colouring …',
    saving: 'Writing the picture …',
    stopped: 'That did not work',
    done: (milliseconds: number) => `Coloured in ${format.seconds(milliseconds)}`,
    cancelled: 'Cancelled',
  },
  engine: ({ threads }: About) => (threads > 1 ? `${threads} threads` : ''),
  backendBest: (about: About | null) => (about ? `automatic: ${about.backend}` : 'automatic'),

  sample: (bytes: number) => format.bytes(bytes),
  facts: (width: number, height: number, kind: string) =>
    `${format.pixels(width, height)} · ${format.megapixels(width, height)} megapixels · ${kind}`,
  canvas: (name: string, state: 'grey' | 'coloured') => `${name}, ${state === 'grey' ? 'not coloured yet' : 'coloured'}`,
  splitValue: (share: number) => (share <= 0 ? 'all after' : share >= 1 ? 'all before' : `${format.percent(share)} before`),
  reason: {
    photo: { guessed: 'Taken for a photograph: it has shades all over.', said: 'Coloured as a photograph.' },
    sketch: { guessed: 'Taken for a drawing: it has crisp lines on even paper.', said: 'Coloured as a drawing.' },
  } satisfies Record<TaskName, Record<'guessed' | 'said', string>>,
  takeFor: { photo: 'It is a photograph', sketch: 'It is a drawing' } satisfies Record<TaskName, string>,
  alternative: (variant: number) => (variant === 0 ? 'Likeliest colours' : `Alternative ${variant}`),
  swatch: (colour: string) => `Colour ${colour}`,
  hint: (number: number, colour: string, x: number, y: number) =>
    `Hint ${number}: ${colour} at ${format.percent(x)} from the left, ${format.percent(y)} from the top`,
  removeHint: (number: number) => `Remove hint ${number}`,
  save: (name: string) => `Save ${name}`,
  output: {
    saved: (name: string, bytes: number) => `Saved ${name}, ${format.bytes(bytes)}.`,
    copied: 'Copied.',
    shareAgain: 'The picture is ready: press Share once more.',
  },
  batch: {
    title: (count: number) => (count === 1 ? '1 picture' : `${format.number(count)} pictures`),
    say: ({ count, done, failed, cancelled, millisecondsLeft }: BatchCounts) =>
      [
        `${format.number(done)} of ${format.number(count)} coloured`,
        ...(failed > 0 ? [`${format.number(failed)} failed`] : []),
        ...(cancelled > 0 ? [`${format.number(cancelled)} cancelled`] : []),
        ...(millisecondsLeft === undefined ? [] : [`about ${format.duration(millisecondsLeft)} left`]),
      ].join(', '),
    states: {
      waiting: 'Waiting',
      working: 'Colouring …',
      done: 'Coloured',
      failed: 'Failed',
      cancelled: 'Cancelled',
    },
    done: (width: number, height: number, milliseconds: number) =>
      `${format.pixels(width, height)}, coloured in ${format.seconds(milliseconds)}`,
    save: (name: string) => `Save ${name} in colour`,
    edit: (name: string) => `Edit ${name}`,
  },
};

export interface BatchCounts {
  count: number;
  done: number;
  failed: number;
  cancelled: number;
  /** Undefined: not known. */
  millisecondsLeft: number | undefined;
}
