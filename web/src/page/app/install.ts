// The browser's own offer to install the page, kept for a button of ours.

/** What Chromium sends; no standard has it yet. */
interface InstallEvent extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

/** @param onOffer called with what asks the person, or with null when there is nothing to offer (any more). */
export function watchInstall(onOffer: (install: (() => Promise<void>) | null) => void): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault(); // no bar over the page
    onOffer(async () => {
      onOffer(null); // an event can ask only once; the browser sends another if the answer was no
      await (event as InstallEvent).prompt();
    });
  });
  window.addEventListener('appinstalled', () => onOffer(null));
}
