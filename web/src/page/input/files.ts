// The ways files get in: pickers, drop anywhere on the page, paste.

import { ProblemError } from '../../shared/problem';

export interface FileEvents {
  onFiles: (files: [File, ...File[]]) => void;
  onProblem: (error: ProblemError) => void;
}

/** What pickers offer. Everything is tried all the same: a file's content decides, not its name. */
export const ACCEPTED = 'image/*,.avif,.tif,.tiff,.bmp';

export function listenForFiles(pickers: HTMLInputElement[], { onFiles, onProblem }: FileEvents): void {
  const take = (list: FileList | null | undefined) => {
    const [first, ...rest] = list ?? [];
    if (first) onFiles([first, ...rest]);
    else onProblem(new ProblemError({ code: 'no-file' }));
  };

  for (const picker of pickers) {
    picker.addEventListener('change', () => {
      if (picker.files?.length) take(picker.files);
      picker.value = ''; // so that the same file can be chosen again
    });
  }

  const root = document.documentElement;
  document.addEventListener('dragover', (event) => {
    event.preventDefault(); // or the browser would leave the page and show the file
    root.classList.add('dragging');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) root.classList.remove('dragging');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    root.classList.remove('dragging');
    take(event.dataTransfer?.files);
  });

  document.addEventListener('paste', (event) => {
    if (event.target instanceof HTMLInputElement && !event.clipboardData?.files.length) return; // text for a field
    event.preventDefault();
    take(event.clipboardData?.files);
  });
}
