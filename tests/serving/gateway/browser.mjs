// Chromium, as the page's own tests unpack it.

import { createRequire } from 'node:module';

/** @param web the page's folder, with its node_modules. @param folder Chromium's. */
export function launch(web, folder) {
  const { chromium } = createRequire(`${web}/package.json`)('@playwright/test');
  return chromium.launch({
    executablePath: `${folder}/chromium`,
    args: ['--no-sandbox', '--disable-gpu', '--disable-software-rasterizer', '--disable-background-networking'],
    env: { ...process.env, LD_LIBRARY_PATH: `${folder}/lib`, FONTCONFIG_PATH: `${folder}/fonts` },
  });
}
