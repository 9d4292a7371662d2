// The service worker, seen from the page: the page works without a network, and a newer one is offered, never forced.

/**
 * Registers the service worker.
 * @param onUpdate a newer page is there; `apply` shows it, which forgets what is open.
 */
export async function watchUpdates(onUpdate: (apply: () => void) => void): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker || import.meta.env.DEV) return; // outside https and localhost there is none
  const registration = await serviceWorker.register('./service_worker.js').catch(() => undefined);
  if (!registration) return;

  const offer = (waiting: ServiceWorker) =>
    onUpdate(() => {
      serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
      waiting.postMessage('activate');
    });
  // Without a controller this is the first visit, and what is installed is what is shown.
  const offerOnceInstalled = (worker: ServiceWorker | null) => {
    if (worker?.state === 'installed') {
      if (serviceWorker.controller) offer(worker);
    } else {
      worker?.addEventListener('statechange', () => offerOnceInstalled(worker), { once: true });
    }
  };
  offerOnceInstalled(registration.waiting ?? registration.installing);
  registration.addEventListener('updatefound', () => offerOnceInstalled(registration.installing));
  // A tab may be open for weeks.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void registration.update().catch(() => undefined);
  });
}
