// Drawings: what is taken for one, which model is fetched when, and what it makes of them. The model is a tiny one of the
// tests' own: bare paper becomes (0.75, 0.5, 0.25), and ink is the drawing's tone.

import { expect } from '@playwright/test';

import { drawing, photograph, png, type Pixels } from '../pictures';
import type { StaticServer } from '../server';
import { tinyModel } from '../unit/tiny_model';
import { lightnessDifference } from './measure';
import { fit, PLAIN, test } from './worker';

const lines = drawing(500, 400);
const photo = photograph(300, 200);
const PAPER = [191, 128, 64, 255];

function offerTinySketches(server: StaticServer): void {
  for (const [path, bytes] of tinyModel('sketch')) server.answers.set(`models/sketch/${path}`, bytes);
}

const sketchFiles = (server: StaticServer) =>
  server.served.flatMap(({ path }) => (path.startsWith('models/sketch/') ? [path.replace(/.*\/|\?.*/g, '')] : []));

const pixel = ({ width, data }: Pixels, x: number, y: number) => [...data.slice(4 * (y * width + x), 4 * (y * width + x) + 4)];

function expectFlats(pixels: Pixels) {
  expect([pixels.width, pixels.height]).toEqual([500, 400]);
  expect(pixel(pixels, 3, 3)).toEqual(PAPER);
  expect(pixel(pixels, 300, 240)).toEqual([0, 0, 0, 255]); // in the square
}

test('where there is no model for drawings all are photographs', async ({ worker }) => {
  await worker.prepare(['photo']);
  const opened = await worker.open(png(lines));
  expect(opened).toMatchObject({ task: 'photo', guessed: true, notes: [] });
  expect(lightnessDifference(lines, await worker.save(opened.picture))).toBeLessThanOrEqual(1);
});

test('a drawing is known by its looks, fetches its model once, and gets flat colours', async ({ worker, server }) => {
  offerTinySketches(server);
  await worker.prepare();
  const photograph = await worker.open(png(photo));
  expect(photograph).toMatchObject({ task: 'photo', guessed: true });
  await worker.view(photograph.picture, fit(photograph));
  expect(sketchFiles(server)).toEqual([]);

  const opened = await worker.open(png(lines));
  expect(opened).toMatchObject({ task: 'sketch', guessed: true, inColour: false, notes: [] });
  expectFlats(await worker.view(opened.picture, fit(opened)));
  expectFlats(await worker.save(opened.picture));
  expect(sketchFiles(server).sort()).toEqual(['guide.bin', 'guide.json', 'manifest.json', 'see.bin', 'see.json']);
  expect(await worker.call('kept', null)).toEqual(['photo', 'sketch']);
});

test('another word on what it is colours the open picture anew', async ({ worker, server }) => {
  offerTinySketches(server);
  await worker.prepare();
  const { picture } = await worker.open(png(lines), 'photo');
  expect(lightnessDifference(lines, await worker.save(picture))).toBeLessThanOrEqual(1);
  expect(await worker.call('retake', { picture, choice: 'sketch' })).toMatchObject({ task: 'sketch', guessed: false });
  expectFlats(await worker.save(picture));
  expect(await worker.call('retake', { picture, choice: 'auto' })).toMatchObject({ task: 'sketch', guessed: true });
});

test('transparent parts of a drawing are paper, whatever they hide, and stay so in what is its own', async ({ worker, server }) => {
  offerTinySketches(server);
  await worker.prepare();
  const opened = await worker.open(png(drawing(500, 400, true), 6));
  expect(opened).toMatchObject({ task: 'sketch', notes: ['white-paper'] });
  expectFlats(await worker.save(opened.picture));
  expect(pixel(await worker.view(opened.picture, fit(opened), PLAIN, 'grey'), 3, 3)).toEqual([255, 255, 255, 255]);
  expect(pixel(await worker.view(opened.picture, fit(opened), PLAIN, 'own'), 3, 3)).toEqual([0, 0, 0, 0]);
});

test('a model for drawings that does not arrive is named, and photographs go on', async ({ worker, server }) => {
  server.answers.set('models/sketch/manifest.json', undefined);
  await worker.prepare();
  const opened = await worker.open(png(lines));
  const problem = { code: 'model-unreachable', task: 'sketch', path: 'manifest.json', received: 'status 404' };
  await expect(worker.view(opened.picture, fit(opened))).rejects.toThrow(JSON.stringify(problem));
  const { picture } = await worker.open(png(photo));
  expect(lightnessDifference(photo, await worker.save(picture))).toBeLessThanOrEqual(1);
});
