// What went wrong, in English.

import type { SaveType, TaskName } from '../../shared/messages';
import type { Explanations } from './explanation';
import { formatOf } from './format';

const format = formatOf('en-GB');
const PICTURES: Record<TaskName, string> = { photo: 'photographs', sketch: 'drawings' };
const FORMATS = 'a JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF picture';
const RECEIVED: Record<string, string> = { HTML: 'a web page (HTML)', text: 'text' };
const TYPES: Record<SaveType, string> = { 'image/png': 'PNG', 'image/jpeg': 'JPEG', 'image/webp': 'WebP' };
const HINTS_FIX = 'Write hints as {"hints": [{"x": 0.41, "y": 0.63, "colour": "#b03a2e"}]}, as Save hints does.';
const HINT_FIELDS = {
  fields: 'x, y and colour',
  x: 'an x from 0 to 1',
  y: 'a y from 0 to 1',
  colour: 'a colour like #b03a2e',
};

export const explanations: Explanations = {
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
  'unknown-backend': ({ received, known }) => ({
    what: `There is no backend “${received}”.`,
    why: `Expected one of ${known} in the address; received ${received}.`,
    fix: 'Correct the address, or leave the backend out.',
  }),
  'backend-lost': ({ backend }) => ({
    what: 'The graphics card was taken away from the page.',
    why: `Expected ${backend} to go on computing; received nothing from it.`,
    fix: 'Try again: it is started anew. If it happens often, choose wasm at the bottom of the page.',
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
