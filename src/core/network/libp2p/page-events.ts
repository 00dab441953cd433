/** What a browser tells of the network and of its page; elsewhere nobody tells it, and nothing is called. */
export interface PageListeners {
  /** The network is back. */
  online(): void
  /** The page is being closed, reloaded or left; only what is done at once is still done. */
  leaving(): void
}

export function listenToPage({ online, leaving }: PageListeners): () => void {
  if (typeof globalThis.addEventListener !== 'function') return () => undefined
  globalThis.addEventListener('online', online)
  globalThis.addEventListener('pagehide', leaving)
  return () => {
    globalThis.removeEventListener('online', online)
    globalThis.removeEventListener('pagehide', leaving)
  }
}
