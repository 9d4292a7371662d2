// The same picture on every backend. WebGL is computed by the processor here: slow, but the real shaders.

import { photograph, png } from '../pictures';
import { launchOptions } from '../chromium';
import { expect, test, upload, type Handtint } from './fixtures';

const small = upload('small.png', png(photograph(300, 200)));

async function colourOn(handtint: Handtint, backend: string): Promise<Uint8Array> {
  await handtint.visit(backend);
  const { pixels } = await handtint.colour(small);
  await expect(handtint.page.locator('#engine')).toContainText(`running on ${backend}.`);
  return pixels.data;
}

test.use({ launchOptions: launchOptions({ webgl: true }) });

test('webgl, wasm and cpu agree within one step', async ({ handtint, complaints }) => {
  test.setTimeout(300_000);
  complaints.expected = /GL Driver Message/; // Chromium finds reading back slow
  const wasm = await colourOn(handtint, 'wasm');
  for (const backend of ['webgl', 'cpu']) {
    const other = await colourOn(handtint, backend);
    const worst = other.reduce((most, level, i) => Math.max(most, Math.abs(level - wasm[i])), 0);
    expect(worst, backend).toBeLessThanOrEqual(1);
  }
});

test('WebGL in software is left to those who ask for it by name', async ({ handtint, page }) => {
  await handtint.visit(null);
  await expect(page.locator('#engine')).toContainText('running on wasm.');
});
