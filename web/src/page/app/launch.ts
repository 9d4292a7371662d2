// Pictures that the installed page is opened with: files of the system's file manager, or shared by another app.

import { SHARED, takeShared } from '../../offline/shared_files';

/** https://developer.mozilla.org/docs/Web/API/LaunchQueue; in Chromium only. */
interface LaunchQueue {
  setConsumer(consumer: (launch: { files: readonly FileSystemFileHandle[] }) => void): void;
}

export function takeLaunched(onFiles: (files: File[]) => void): void {
  const take = (files: File[]) => {
    if (files.length > 0) onFiles(files);
  };
  const { launchQueue } = window as unknown as { launchQueue?: LaunchQueue };
  launchQueue?.setConsumer(({ files }) => {
    // What is gone meanwhile can't be opened; the rest can.
    void Promise.allSettled(files.map((handle) => handle.getFile())).then((read) =>
      take(read.flatMap((file) => (file.status === 'fulfilled' ? [file.value] : []))),
    );
  });

  const address = new URL(location.href);
  if (address.searchParams.has(SHARED)) {
    address.searchParams.delete(SHARED);
    history.replaceState(null, '', address); // opened again, it is a page without pictures
    void takeShared().then(take);
  }
}
