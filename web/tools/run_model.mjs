// Runs an exported model folder in Node on TF.js's wasm backend, through the page's own loader:
//
//   node tools/run_model.mjs MODEL_DIR INPUT.json OUTPUT_DIR
//
// INPUT.json is {"size": 256, "seen": "seen.f32", "hints": "hints.f32"}: raw little-endian float32 files beside it, of shape
// [N, size, size, 1] (luminance, or a drawing's tone) and [N, size, size, 3 (or 4)]. OUTPUT_DIR receives the small maps that
// the model's task answers, maps.f32 [N, size, size, 4 (or 5)], and how likely each of Q colours is, probabilities.f32
// [N, 32, 32, Q] (empty if the model can't say). `python -m export verify` compares them with Keras and the SavedModel.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as wasm from '@tensorflow/tfjs-backend-wasm';
import { env, getBackend, setBackend } from '@tensorflow/tfjs-core';
import { runnerImport } from 'vite';

const source = (path) => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
const load = async (path) => (await runnerImport(source(path), { configFile: false, logLevel: 'error' })).module;

async function main([modelFolder, inputPath, outputFolder]) {
  if (!outputFolder) throw new Error('Usage: node tools/run_model.mjs MODEL_DIR INPUT.json OUTPUT_DIR');
  const { MANIFEST_NAME, parseManifest } = await load('worker/model/manifest.ts');
  const { buildModel, readFiles } = await load('worker/model/model.ts');
  const { TASKS } = await load('worker/paint/task.ts');

  const input = JSON.parse(await readFile(inputPath, 'utf8'));
  const manifest = parseManifest(JSON.parse(await readFile(join(modelFolder, MANIFEST_NAME), 'utf8')));
  if (input.size !== manifest.size) {
    throw new Error(`${inputPath} has size ${input.size}, but the model expects ${manifest.size}.`);
  }
  const area = input.size * input.size;
  const { hintChannels } = TASKS[manifest.task];
  const seen = await readFloats(resolve(dirname(inputPath), input.seen), area);
  const hints = await readFloats(resolve(dirname(inputPath), input.hints), area * hintChannels);
  const count = seen.length / area;
  if (hints.length !== count * area * hintChannels) {
    throw new Error(`${input.seen} holds ${count} pictures, but ${input.hints} holds ${hints.length / area / hintChannels}.`);
  }

  const package_ = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  wasm.setWasmPaths(join(dirname(package_), 'dist/'));
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // as in the page, which must not need cross-origin isolation
  if (!(await setBackend('wasm')) || getBackend() !== 'wasm') throw new Error('The wasm backend did not start.');

  const files = await readFiles(manifest, async (path) => new Uint8Array(await readFile(join(modelFolder, path))));
  const model = buildModel(manifest, files);
  const outputs = { maps: [], probabilities: [] };
  for (let n = 0; n < count; n++) {
    const seenOne = await model.see(seen.subarray(n * area, (n + 1) * area));
    const hintMap = hints.subarray(n * area * hintChannels, (n + 1) * area * hintChannels);
    const answer = await model.guide(seenOne, hintMap).finally(() => seenOne.dispose());
    for (const name of Object.keys(outputs)) outputs[name].push(new Uint8Array(answer[name].buffer));
  }
  await mkdir(outputFolder, { recursive: true });
  for (const [name, parts] of Object.entries(outputs)) await writeFile(join(outputFolder, `${name}.f32`), Buffer.concat(parts));
}

async function readFloats(path, perPicture) {
  const bytes = await readFile(path);
  if (bytes.length === 0 || bytes.length % (perPicture * 4) !== 0) {
    throw new Error(`${path} holds ${bytes.length} bytes; expected a multiple of ${perPicture * 4}, one float32 per value.`);
  }
  // A copy, since a Buffer of Node may start at an address that float32 cannot use.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`run_model: ${error.message}`);
  process.exitCode = 1;
});
