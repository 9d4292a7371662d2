// Every word that the page shows, in English; its problems stand in en_problems.ts. A language is two such files and a line in
// index.ts.

import type { About, Note, TaskName } from '../../shared/messages';
import { explanations } from './en_problems';
import { formatOf } from './format';

const format = formatOf('en-GB');
const PICTURES: Record<TaskName, string> = { photo: 'photographs', sketch: 'drawings' };

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
