import { signal, type ReadonlySignal } from '@preact/signals'

/** Where in the app one is; it stands in the fragment, which no server ever sees. */
export type Route =
  | { readonly kind: 'rooms' }
  | { readonly kind: 'room'; readonly room: string; readonly details: boolean }
  | { readonly kind: 'network' }
  | { readonly kind: 'link'; readonly link: string }

export interface Router {
  readonly route: ReadonlySignal<Route>
  go(route: Route): void
  /** Goes to `route` in place of the present one, which the back button then skips. */
  replace(route: Route): void
  /** Goes back to where one came from; to `fallback` when that was outside the app. */
  back(fallback: Route): void
  stop(): void
}

const NETWORK = '#/network'

export function parseRoute(hash: string): Route {
  if (/^#\/(?:open|join)\//.test(hash)) return { kind: 'link', link: hash }
  if (hash === NETWORK) return { kind: 'network' }
  const [, room, details] = /^#\/room\/([0-9a-f]+)(\/details)?$/.exec(hash) ?? []
  return room === undefined ? { kind: 'rooms' } : { kind: 'room', room, details: details !== undefined }
}

export function routeToHash(route: Route): string {
  if (route.kind === 'link') return route.link
  if (route.kind === 'network') return NETWORK
  return route.kind === 'rooms' ? '#/' : `#/room/${route.room}${route.details ? '/details' : ''}`
}

export function createRouter(): Router {
  const route = signal(parseRoute(location.hash))
  const follow = (): void => {
    route.value = parseRoute(location.hash)
  }
  const ended = new AbortController()
  addEventListener('popstate', follow, ended)
  addEventListener('hashchange', follow, ended)

  function replace(next: Route): void {
    history.replaceState(history.state, '', routeToHash(next))
    route.value = next
  }

  return {
    route,
    go(next) {
      history.pushState({ inside: true }, '', routeToHash(next))
      route.value = next
    },
    replace,
    back(fallback) {
      if (isInside(history.state)) history.back()
      else replace(fallback)
    },
    stop: () => ended.abort()
  }
}

/** Written by `go`: the entry before this one is the app's, too. */
function isInside(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'inside' in state
}
