// The same picture on every backend. WebGL is computed by the processor here: slow, but the real shaders.

import { drawing, photograph, png } from '../pictures';
import { launchOptions } from '../chromium';
import { expect, test, upload, type Handtint } from './fixtures';

const pictures = {
  photograph: upload('small.png', png(photograph(300, 200))),
  drawing: upload('lines.png', png(drawing(300, 200))),
};

async function colourOn(handtint: Handtint, backend: string, picture: keyof typeof pictures): Promise<Uint8Array> {
  await handtint.visit(backend);
  const { pixels } = await handtint.colour(pictures[picture]);
  await expect(handtint.page.locator('#engine')).toContainText(`running on ${backend}.`);
  return pixels.data;
}

test.use({ launchOptions: launchOptions({ webgl: true }) });

for (const picture of ['photograph', 'drawing'] as const)
  test(`webgl, wasm and cpu agree within one step on a ${picture}`, async ({ handtint, complaints }) => {
    test.setTimeout(300_000);
    complaints.expected = /GL Driver Message/; // Chromium finds reading back slow
    const wasm = await colourOn(handtint, 'wasm', picture);
    for (const backend of ['webgl', 'cpu']) {
      const other = await colourOn(handtint, backend, picture);
      const worst = other.reduce((most, level, i) => Math.max(most, Math.abs(level - wasm[i])), 0);
      expect(worst, backend).toBeLessThanOrEqual(1);
    }
  });

test('WebGL in software is left to those who ask for it by name', async ({ handtint, page }) => {
  await handtint.visit(null);
  await expect(page.locator('#engine')).toContainText('running on wasm.');
});
