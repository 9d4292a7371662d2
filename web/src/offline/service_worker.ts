// Keeps the page's own files, so that it opens without a network. The model keeps itself (src/worker/download.ts).
// The build replaces the two names below by the list of files it wrote and a hash over them (tools/offline_plugin.ts), so
// the browser sees a new service worker whenever any file changed. A new one waits until no tab uses the old: a page never
// runs with files of two builds.

declare const __SHELL_FILES__: string[];
declare const __SHELL_HASH__: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const { scope } = worker.registration;
// Caches belong to an origin, which may hold the page more than once under different paths.
const PREFIX = `handtint-shell ${scope} `;
const CACHE_NAME = PREFIX + __SHELL_HASH__;
const FILES = new Set(__SHELL_FILES__.map((path) => new URL(path, scope).href));

worker.addEventListener('install', (event) => {
  const requests = [...FILES].map((url) => new Request(url, { cache: 'no-cache' }));
  event.waitUntil(caches.open(CACHE_NAME).then((cache) => cache.addAll(requests)));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(dropOld());
});

worker.addEventListener('fetch', (event) => {
  // The address of the page itself may carry a query.
  const url = event.request.mode === 'navigate' ? event.request.url.replace(/(index\.html)?([?#].*)?$/, '') : event.request.url;
  if (event.request.method === 'GET' && FILES.has(url)) event.respondWith(answer(url, event.request));
});

async function answer(url: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE_NAME);
  return (await cache.match(url)) ?? fetch(request);
}

async function dropOld(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE_NAME) await caches.delete(name);
  }
}
