// Where the browser of the tests is. The npm package @sparticuz/chromium carries a headless Chromium as compressed files
// together with the system libraries and the font it needs, so `npm ci` is all that a new machine has to run. They are
// unpacked once, into node_modules/.cache. CHROMIUM_PATH names another Chromium instead (for a machine that is not Linux on x64).

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import type { LaunchOptions } from '@playwright/test';

const FLAGS = [
  '--no-sandbox', // CI containers run as root
  '--disable-quic',
  // Chromium looks up its maker's hosts at every start; a test must not touch the network.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
];

/** All computed by the processor. */
const GRAPHICS = {
  none: ['--disable-gpu', '--disable-software-rasterizer'],
  webgl: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  webgpu: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'],
};

/** What Playwright needs to start the browser; unpacks it at first use. */
export function launchOptions(graphics: keyof typeof GRAPHICS = 'none'): LaunchOptions {
  const args = [...FLAGS, ...GRAPHICS[graphics]];
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen) return { executablePath: chosen, args };
  const folder = unpack();
  return {
    executablePath: join(folder, 'chromium'),
    args,
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: join(folder, 'lib'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
    },
  };
}

function unpack(): string {
  const main = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const packageFolder = join(dirname(main), '..', '..');
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const folder = fileURLToPath(new URL(`../node_modules/.cache/chromium-${version}`, import.meta.url));
  if (existsSync(folder)) return folder;

  // Unpacked beside its place and then renamed, so that an interrupted run leaves no half browser behind.
  const partial = `${folder}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  const decompress = (name: string) => brotliDecompressSync(readFileSync(join(packageFolder, 'bin', name)));
  writeFileSync(join(partial, 'chromium'), decompress('chromium.br'), { mode: 0o755 });
  const archives = { 'al2023.tar.br': '.', 'swiftshader.tar.br': '.', 'fonts.tar.br': 'fonts' };
  for (const [name, place] of Object.entries(archives)) {
    mkdirSync(join(partial, place), { recursive: true });
    execFileSync('tar', ['--no-same-owner', '-xf', '-', '-C', join(partial, place)], { input: decompress(name) });
  }
  // The package's own fonts.conf names folders of the service it was made for; without any font Chromium crashes.
  writeFileSync(join(partial, 'fonts', 'fonts.conf'), '<fontconfig><dir prefix="relative">fonts</dir></fontconfig>');
  try {
    renameSync(partial, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // else another process was faster
    rmSync(partial, { recursive: true });
  }
  return folder;
}
