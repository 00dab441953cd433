/** What a browser tells of the network and of its page; elsewhere nobody tells it, and nothing is called. */
export interface PageListeners {
  /** The network has gone, or is back. */
  moved(): void
  /** The page is being closed, reloaded or left; only what is done at once is still done. */
  leaving(): void
}

export function listenToPage({ moved, leaving }: PageListeners): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => undefined
  globalThis.addEventListener('offline', moved)
  globalThis.addEventListener('online', moved)
  globalThis.addEventListener('pagehide', leaving)
  return () => {
    globalThis.removeEventListener('offline', moved)
    globalThis.removeEventListener('online', moved)
    globalThis.removeEventListener('pagehide', leaving)
  }
}
