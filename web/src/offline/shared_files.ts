// Pictures that another app shares with the installed page: they come as a form to the service worker, and wait in a cache
// for the page that is opened then.

const CACHE_NAME = 'handtint-shared';
/** In the page's address: there are pictures to fetch. */
export const SHARED = 'shared';

/** The service worker's side: takes the form, and answers with the way to the page. */
export async function keepShared(request: Request, scope: string): Promise<Response> {
  const files = (await request.formData()).getAll('pictures').filter((entry) => entry instanceof File);
  await caches.delete(CACHE_NAME); // what was shared before and never opened
  const cache = await caches.open(CACHE_NAME);
  for (const [i, file] of files.entries()) {
    const headers = { 'content-type': file.type || 'application/octet-stream' };
    await cache.put(new URL(`${SHARED}/${i}?${encodeURIComponent(file.name)}`, scope).href, new Response(file, { headers }));
  }
  return Response.redirect(new URL(`?${SHARED}`, scope).href, 303);
}

/** The page's side: the pictures, once. */
export async function takeShared(): Promise<File[]> {
  const cache = await caches.open(CACHE_NAME);
  const files: File[] = [];
  for (const { url } of await cache.keys()) {
    const response = await cache.match(url);
    if (!response) continue;
    const name = decodeURIComponent(new URL(url).search.slice(1));
    files.push(new File([await response.blob()], name, { type: response.headers.get('content-type') ?? '' }));
  }
  await caches.delete(CACHE_NAME);
  return files;
}
