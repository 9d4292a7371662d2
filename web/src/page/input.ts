// The ways a file gets in: picker, drop anywhere on the page, paste.

import { ProblemError } from '../shared/problem';

export interface InputEvents {
  onFiles: (files: [File, ...File[]]) => void;
  onProblem: (error: ProblemError) => void;
}

export function listenForFiles(picker: HTMLInputElement, { onFiles, onProblem }: InputEvents): void {
  const take = (list: FileList | null | undefined) => {
    const [first, ...rest] = list ?? [];
    if (first) onFiles([first, ...rest]);
    else onProblem(new ProblemError({ code: 'no-file' }));
  };

  picker.addEventListener('change', () => {
    if (picker.files?.length) take(picker.files);
    picker.value = ''; // so that the same file can be chosen again
  });

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
    event.preventDefault();
    take(event.clipboardData?.files);
  });
}
