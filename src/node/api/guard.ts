import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { hostOf, isLoopbackHost, isTrustedHost } from './host-names.ts'
import { refusal, type Refusal } from './reply.ts'

/**
 * Who may call a route: everybody, and where others meet every page (`public`), everybody but pages of other sites
 * (`open`), everybody on this machine, or who holds the token.
 */
export type Access = 'public' | 'open' | 'loopback' | 'token'

export interface GuardOptions {
  readonly token: string
  /** Names under which this peer is known: of `--http` and `--web-url`. */
  readonly ownNames: ReadonlySet<string>
  /** Where `--web-url` says that the web app is: scheme, name and port. */
  readonly webOrigin: string | undefined
  /** Listening for others than this machine: a name that leads here is then no sign of an attack on open routes. */
  readonly isPublic: boolean
  /** Pages that are served elsewhere find peers here, too: what is `public` is theirs to read. */
  readonly isMeetingPoint: boolean
  readonly metricsPublic: boolean
}

/**
 * 1. A page of another site, or one whose name was bound to this machine (DNS rebinding), reaches nothing.
 * 2. What is not open needs the token, compared in constant time.
 *
 * @returns what to answer instead, or undefined when the request may pass
 */
export function guard(request: IncomingMessage, access: Access, options: GuardOptions): Refusal | undefined {
  const host = hostOf(request.headers.host)
  const needsTrust = !options.isPublic || access === 'loopback' || access === 'token'
  if (needsTrust && (host === undefined || !isTrustedHost(host, options.ownNames))) {
    return refusal(403, 'not-allowed', 'this address is not one of this peer; name it with --web-url, or use localhost')
  }
  const isForAnyPage = access === 'public' && options.isMeetingPoint
  if (needsTrust && !isForAnyPage && isForeignOrigin(request, options)) {
    return refusal(403, 'not-allowed', 'pages of other sites may not call this peer')
  }
  if (access === 'token' && !hasToken(request, options.token)) {
    return refusal(
      401,
      'not-allowed',
      'the bearer token is missing or wrong; it stands in the file token of the data folder'
    )
  }
  if (access === 'loopback' && !options.metricsPublic && !isFromThisMachine(request, host)) {
    return refusal(403, 'not-allowed', 'this is answered on this machine only; --metrics-public opens it')
  }
  return undefined
}

/** Not the page that this peer serves: another name, or another program at another port of the same name. */
function isForeignOrigin(request: IncomingMessage, options: GuardOptions): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return request.headers['sec-fetch-site'] === 'cross-site'
  const url = URL.parse(origin)
  if (url === null || url.host === '') return true
  return url.host !== host?.toLowerCase() && url.origin !== options.webOrigin
}

/** A proxy on this machine speaks for others, and says so. */
function isFromThisMachine(request: IncomingMessage, host: string | undefined): boolean {
  const { remoteAddress } = request.socket
  const isForwarded = 'x-forwarded-for' in request.headers || 'forwarded' in request.headers
  return remoteAddress !== undefined && isLoopbackHost(remoteAddress) && !isForwarded && isLoopbackHost(host ?? '')
}

function hasToken(request: IncomingMessage, token: string): boolean {
  const given = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

/** Digests have one length, which `timingSafeEqual` asks for. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
