// The installed page: what the browser makes of its manifest, and the pictures it is opened with.

import { photograph, png } from '../pictures';
import { expect, test, upload } from './fixtures';

const picture = upload('shared photo & more.png', png(photograph(300, 200)));

test('the browser would install it', async ({ handtint, page, context, server }) => {
  await handtint.visit();
  await expect(page.locator('#offline')).toBeVisible();
  const browser = await context.newCDPSession(page);
  const { errors, url, data } = await browser.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(url).toBe(`${server.url}manifest.webmanifest`);
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  // What Playwright's windows are: private ones.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);

  const { icons } = JSON.parse(data!) as { icons: { src: string; sizes: string; type: string }[] };
  for (const { src, sizes, type } of icons) {
    const response = await page.request.get(server.url + src);
    expect(response.headers()['content-type'], src).toBe(type);
    if (type !== 'image/png') continue;
    const header = await response.body();
    expect(`${header.readUInt32BE(16)}x${header.readUInt32BE(20)}`, src).toBe(sizes);
  }
});

test('a picture that another app shares is opened, once', async ({ handtint, page, server }) => {
  await handtint.visit();
  await expect(page.locator('#offline')).toBeVisible();
  await page.reload(); // from now on the service worker answers
  const landed = await page.evaluate(
    async ({ name, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const form = new FormData();
      form.append('pictures', new File([bytes], name, { type: 'image/png' }));
      return (await fetch('./share', { method: 'POST', body: form })).url;
    },
    { name: picture.name, base64: picture.buffer.toString('base64') },
  );
  expect(landed).toBe(`${server.url}?shared`);
  await page.goto(landed); // as the browser does on the way from the other app
  const { name, pixels } = await handtint.saved();
  expect(name).toBe('shared photo & more-colour.png');
  expect([pixels.width, pixels.height]).toEqual([300, 200]);
  expect(page.url()).toBe(server.url);
  await page.reload();
  await expect(page.locator('body')).toHaveAttribute('data-view', 'welcome');
  expect(server.served.some(({ path }) => path === 'share')).toBe(false); // it never left the machine
});

test('a file that the system opens with the page is opened', async ({ handtint, page }) => {
  await page.addInitScript((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const handle = { getFile: async () => new File([bytes], 'attic.png', { type: 'image/png' }) };
    const launchQueue = { setConsumer: (consumer: (launch: unknown) => void) => consumer({ files: [handle] }) };
    Object.defineProperty(window, 'launchQueue', { value: launchQueue });
  }, picture.buffer.toString('base64'));
  await handtint.visit();
  expect((await handtint.saved()).name).toBe('attic-colour.png');
});

test('the browser’s offer to install becomes a button', async ({ handtint, page }) => {
  await handtint.visit();
  const button = page.locator('#install');
  await expect(button).toBeHidden();
  await page.evaluate(() => {
    const event = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
      prompt: async () => Object.assign(window, { asked: true }),
    });
    window.dispatchEvent(event);
    Object.assign(window, { barShown: !event.defaultPrevented });
  });
  await button.click();
  await expect(button).toBeHidden();
  expect(await page.evaluate(() => [Reflect.get(window, 'asked'), Reflect.get(window, 'barShown')])).toEqual([true, false]);
});
