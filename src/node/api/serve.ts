import type { HostPort } from '../command-line/values.ts'
import { readOrMakeToken } from '../data/data-folder.ts'
import type { OwnedData } from '../data/open-data.ts'
import { chooseSocketPath, removeSocket } from '../data/socket-path.ts'
import type { Cleanup } from '../peer/cleanup.ts'
import type { Output } from '../terminal/output.ts'
import { createWebApp, WEB_FOLDER } from '../web/web-app.ts'
import { eventRoute } from './events.ts'
import { isLoopbackHost } from './host-names.ts'
import { peerRoutes } from './peer-routes.ts'
import { roomRoutes } from './rooms.ts'
import type { Route } from './route.ts'
import type { ServedPeer } from './served-peer.ts'
import { vaultRoutes } from './vault-routes.ts'
import { serveOnPort, serveOnSocket, type ApiOptions } from './server.ts'

export interface ServeOptions {
  readonly served: ServedPeer
  readonly data: string
  readonly owned: OwnedData
  readonly kind: 'up' | 'relay'
  readonly http: HostPort | undefined
  /** Whether it names addresses at which others reach it. */
  readonly isAnnounced: boolean
  readonly metricsPublic: boolean
  readonly output: Output
  readonly cleanup: Cleanup
}

/** The local API on the socket, and with the web app on `http`, whose address it returns. */
export async function serve(options: ServeOptions): Promise<string | undefined> {
  const { served, data, owned, kind, http, output, cleanup } = options
  const token = await readOrMakeToken(data)
  const api: ApiOptions = {
    routes: routesOf(served, isMeetingPoint(options)),
    webApp: createWebApp(WEB_FOLDER),
    guard: undefined,
    log: text => output.log('error', text)
  }
  const onPort =
    http === undefined ? undefined : await serveOnPort(http, { ...api, guard: guardOf(options, http, token) })
  if (onPort !== undefined) cleanup.add(onPort.stop)
  const socket = await chooseSocketPath(data)
  const onSocket = await serveOnSocket(socket, { ...api, routes: [...api.routes, ...vaultRoutes(served.vault)] })
  cleanup.add(() => removeSocket(data, socket))
  cleanup.add(onSocket.stop)
  await owned.announce({ kind, socket })
  return onPort?.address
}

function guardOf(options: ServeOptions, { host }: HostPort, token: string): ApiOptions['guard'] {
  const { served, metricsPublic } = options
  const web = served.webUrl === undefined ? undefined : new URL(served.webUrl)
  return {
    token,
    ownNames: new Set([host.toLowerCase(), ...(web === undefined ? [] : [web.hostname])]),
    webOrigin: web?.origin,
    isPublic: !isLoopbackHost(host),
    isMeetingPoint: isMeetingPoint(options),
    metricsPublic
  }
}

/** Open to others than this machine, itself or, being a relay that names its public address, through a proxy. */
function isMeetingPoint({ http, kind, served, isAnnounced }: ServeOptions): boolean {
  if (http === undefined) return false
  return !isLoopbackHost(http.host) || (kind === 'relay' && (isAnnounced || served.webUrl !== undefined))
}

function routesOf(served: ServedPeer, isForAnyPage: boolean): readonly Route[] {
  return [...peerRoutes(served, isForAnyPage), eventRoute(served.feed), ...roomRoutes(served.peer, served.webUrl)]
}
