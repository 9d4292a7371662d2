// The built page in a real Chromium. `npm run build` comes first.

import { defineConfig } from '@playwright/test';

import { launchOptions } from './tests/chromium';

export default defineConfig({
  testDir: 'tests/page',
  outputDir: 'test-results',
  timeout: 120_000,
  expect: { timeout: 60_000 }, // a busy core takes its time over a neural network
  workers: 1,
  forbidOnly: true,
  reporter: [['list']],
  use: { launchOptions: launchOptions(), viewport: { width: 1280, height: 900 } },
});
