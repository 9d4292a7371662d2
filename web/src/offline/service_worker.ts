// Keeps the page's own files, so that it opens without a network. The model keeps itself (src/worker/engine/kept.ts).
// The build puts the list of files it wrote and a hash over them into it (tools/offline_plugin.ts), so the browser sees a new
// service worker whenever any file changed. A new one waits until no tab uses the old, or until the person says so
// (src/page/app/updates.ts): a page never runs with files of two builds.

import { keepShared } from './shared_files';

declare const __SHELL_FILES__: string[];
declare const __SHELL_HASH__: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const { scope } = worker.registration;
// Caches belong to an origin, which may hold the page more than once under different paths.
const PREFIX = `handtint-shell ${scope} `;
const CACHE_NAME = PREFIX + __SHELL_HASH__;
const FILES = new Set(__SHELL_FILES__.map((path) => new URL(path, scope).href));
/** What a server says of itself (src/page/app): asked for anew, unless there is no network. */
const SERVER = new URL('server.json', scope).href;

/**
 * Together these isolate the page from other origins, and browsers ask for that before they give threads. A host that can't
 * send them has them sent from here, from the second visit on.
 */
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

worker.addEventListener('install', (event) => {
  const requests = [...FILES].map((url) => new Request(url, { cache: 'no-cache' }));
  event.waitUntil(caches.open(CACHE_NAME).then((cache) => cache.addAll(requests)));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(dropOld());
});

worker.addEventListener('message', ({ data }) => {
  if (data === 'activate') void worker.skipWaiting();
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'POST' && request.url === new URL('share', scope).href) {
    event.respondWith(keepShared(request, scope));
    return;
  }
  // The address of the page itself may carry a query.
  const url = request.mode === 'navigate' ? request.url.replace(/(index\.html)?([?#].*)?$/, '') : request.url;
  if (request.method === 'GET' && FILES.has(url)) event.respondWith(answer(url, request));
});

async function answer(url: string, request: Request): Promise<Response> {
  if (url === SERVER) {
    const current = await fetch(request).catch(() => undefined);
    if (current?.ok) return current;
  }
  const response = (await find(url)) ?? (await fetch(request));
  const { status, statusText, body } = response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATED)) headers.set(name, value);
  return new Response(body, { status, statusText, headers });
}

/** In this build's files, or in those of the one before, which a tab may still be running. */
async function find(url: string): Promise<Response | undefined> {
  const current = await caches.open(CACHE_NAME);
  return (await current.match(url)) ?? caches.match(url);
}

/** All but this build and the one before it. */
async function dropOld(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE_NAME);
  for (const name of old.slice(0, -1)) await caches.delete(name); // the names come in the order they were made
}
