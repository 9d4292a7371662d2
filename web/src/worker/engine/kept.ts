// Model files in the browser's cache, under their hash, so that files of a new model are never mixed with those of an old one.

import { MANIFEST_NAME, type Manifest, type ManifestFile } from '../model/manifest';

const CACHE_NAME = 'handtint-models';

/** Where a model's files come from and are kept. */
export class Folder {
  /** @param url of the model folder, with a slash at its end. */
  constructor(
    readonly url: string,
    readonly cache: Cache | undefined,
  ) {}

  static async open(url: string): Promise<Folder> {
    return new Folder(url, await openCache());
  }

  get manifestUrl(): string {
    return new URL(MANIFEST_NAME, this.url).href;
  }

  fileUrl({ path, sha256 }: ManifestFile): string {
    return new URL(`${path}?sha256=${sha256}`, this.url).href;
  }

  async get(url: string): Promise<Response | undefined> {
    return this.cache?.match(url);
  }

  /** Where the browser has no room, nothing is kept: the next visit fetches it again. */
  async put(url: string, content: BodyInit, headers: HeadersInit = {}): Promise<void> {
    await this.cache?.put(url, new Response(content, { headers })).catch(() => undefined);
  }

  /** The manifest comes last: as long as a file of a new model is missing, the model before stays the kept one. */
  async finish(manifest: Manifest): Promise<void> {
    for (const file of manifest.files) {
      if (!(await this.get(this.fileUrl(file)))) return;
    }
    await this.put(this.manifestUrl, JSON.stringify(manifest));
    const current = new Set([this.manifestUrl, ...manifest.files.map((file) => this.fileUrl(file))]);
    await this.#drop((url) => !current.has(url));
  }

  /** Drops a file, and what there is of it in parts. */
  async drop(file: ManifestFile): Promise<void> {
    await this.#drop((url) => url.startsWith(this.fileUrl(file)));
  }

  /** Drops the parts of a file: it is whole now. */
  async dropParts(file: ManifestFile): Promise<void> {
    await this.#drop((url) => url.startsWith(`${this.fileUrl(file)}&`));
  }

  async #drop(which: (url: string) => boolean): Promise<void> {
    for (const { url } of (await this.cache?.keys()) ?? []) {
      if (url.startsWith(this.url) && which(url)) await this.cache?.delete(url);
    }
  }
}

/** Whether the folder's model will be there with the network off. */
export async function isKept(url: string): Promise<boolean> {
  const folder = await Folder.open(url);
  return (await folder.get(folder.manifestUrl)) !== undefined;
}

/** Undefined where the browser refuses it: outside https and localhost, or in some private windows. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE_NAME);
  } catch {
    return undefined;
  }
}
