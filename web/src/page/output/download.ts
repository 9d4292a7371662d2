// A file that the page made goes to where the browser puts downloads.

import { make } from '../dom';

export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  make('a', { href: url, download: name }).click();
  // The browser may read it only after the click; a minute is enough for it to begin.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
