// `make bench-web` runs this; see export/page_bench.

import { defineConfig } from '@playwright/test';

import { launchOptions } from '../tests/chromium';

export default defineConfig({
  testDir: '.',
  testMatch: '*.bench.ts',
  timeout: 0, // as long as it takes
  workers: 1,
  reporter: [['list']],
  use: { launchOptions: launchOptions() },
});
