import type { Libp2pEvents } from '@libp2p/interface'
import type { Node } from './node.ts'

type Detail<K extends keyof Libp2pEvents> = Libp2pEvents[K] extends CustomEvent<infer D> ? D : never

/** Listens until the returned function is called. */
export function listenTo<K extends keyof Libp2pEvents>(
  node: Node,
  type: K,
  run: (detail: Detail<K>) => unknown
): () => void {
  const listener = (event: Libp2pEvents[K]): void => {
    run((event as CustomEvent<Detail<K>>).detail)
  }
  node.addEventListener(type, listener)
  return () => node.removeEventListener(type, listener)
}
