import { chmod } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { HostPort } from '../command-line/values.ts'
import { EnvironmentError, isDiskFull, reasonInWords, systemCode } from '../exits.ts'
import type { WebApp } from '../web/web-app.ts'
import { guard, type GuardOptions } from './guard.ts'
import { httpAddress } from './host-names.ts'
import { BodyTooLargeError } from './request-body.ts'
import { refusal, refusalOf, sendReply, type Reply } from './reply.ts'
import { matchRoute, type Route } from './route.ts'

/** What was answered a moment ago may still be on its way when the server stops. */
const LINGER_MS = 100
/** A browser opens 6; the web app of a relay is fetched by many at once, and cached. */
const MAX_CONNECTIONS = 512
const MAX_HEADER_BYTES = 16 * 1024
/** Whoever is slower than this only holds a connection. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000
}
/** An answer that nobody takes; waits and streams lift it for themselves. */
const IDLE_MS = 60_000

export interface ApiOptions {
  readonly routes: readonly Route[]
  readonly webApp: WebApp
  /** Undefined on the Unix socket, which only this user can open. */
  readonly guard: GuardOptions | undefined
  readonly log: (text: string) => void
}

export interface ApiServer {
  /** `http://127.0.0.1:8080`, or undefined for a Unix socket. */
  readonly address: string | undefined
  /** Ends every request at once. */
  stop(): Promise<void>
}

export async function serveOnPort({ host, port }: HostPort, options: ApiOptions): Promise<ApiServer> {
  const api = createApi(options)
  await listen(api.server, { host, port }).catch((thrown: unknown) => {
    throw listenFailure(thrown, host, port)
  })
  const bound = api.server.address()
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port
  return { address: httpAddress(host, actual), stop: api.stop }
}

export async function serveOnSocket(path: string, options: ApiOptions): Promise<ApiServer> {
  const api = createApi(options)
  await listen(api.server, { path }).catch((thrown: unknown) => {
    throw new EnvironmentError(`the socket ${path} cannot be opened: ${reasonInWords(thrown)}`, { cause: thrown })
  })
  if (process.platform !== 'win32') await chmod(path, 0o600)
  return { address: undefined, stop: api.stop }
}

function listenFailure(thrown: unknown, host: string, port: number): EnvironmentError {
  const code = systemCode(thrown)
  const where = `${host}:${port}`
  if (code === 'EADDRINUSE') {
    return new EnvironmentError(`port ${port} on ${host} is in use: stop what uses it, or choose another with --http`)
  }
  if (code === 'EACCES')
    return new EnvironmentError(`${where} may not be opened by this user: choose a port above 1023`)
  return new EnvironmentError(`${where} is not an address of this machine: choose another with --http`, {
    cause: thrown
  })
}

function listen(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(where, () => {
    server.off('error', reject)
    resolve()
  })
  return promise
}

function createApi(options: ApiOptions): { server: Server; stop: () => Promise<void> } {
  const stopping = new AbortController()
  const server = createServer({ ...TIMEOUTS, maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    void answer(request, response, options, stopping.signal)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(IDLE_MS)
  const stop = async (): Promise<void> => {
    stopping.abort()
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    server.closeIdleConnections()
    const lingering = setTimeout(() => server.closeAllConnections(), LINGER_MS)
    await promise
    clearTimeout(lingering)
  }
  return { server, stop }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ApiOptions,
  stopping: AbortSignal
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.on('error', () => undefined)
  try {
    const reply = await replyTo(request, response, options, AbortSignal.any([gone.signal, stopping]))
    if (reply !== undefined) sendReply(response, reply)
  } catch (thrown) {
    const reply = thrown instanceof BodyTooLargeError ? refusal(413, 'usage', thrown.message) : refusalOf(thrown)
    if (reply.status === 500) {
      const { error } = reply.body
      options.log(isDiskFull(thrown) ? error : `${request.method} ${request.url}: ${error}`)
    }
    sendReply(response, reply)
  }
  // What was not read of a refused request must not be taken for the next one.
  if (!request.complete) response.once('finish', () => request.destroy())
}

async function replyTo(
  request: IncomingMessage,
  response: ServerResponse,
  options: ApiOptions,
  signal: AbortSignal
): Promise<Reply | undefined> {
  const target = splitTarget(request.url ?? '/')
  const method = request.method ?? 'GET'
  const match = matchRoute(options.routes, method, target.path)
  const isApi = target.path.startsWith('/v1/')
  const access = match.kind === 'route' ? match.route.access : isApi ? 'token' : 'open'
  const refused = options.guard === undefined ? undefined : guard(request, access, options.guard)
  if (refused !== undefined) return refused
  if (match.kind === 'route') {
    const { route, parameters } = match
    return route.run({ request, response, parameters, query: target.query, signal })
  }
  if (match.kind === 'method') return methodRefused(method, target.path, match.allowed)
  if (isApi) return refusal(404, 'usage', `there is nothing at ${target.path}; see docs/contract.md`)
  if (method !== 'GET' && method !== 'HEAD') return methodRefused(method, target.path, ['GET'])
  await options.webApp(request, response, target.path)
  return undefined
}

function methodRefused(method: string, path: string, allowed: readonly string[]): Reply {
  const reply = refusal(405, 'usage', `${path} takes ${allowed.join(', ')}, not ${method}`)
  return { ...reply, headers: { allow: allowed.join(', ') } }
}

/** By hand: `URL` would resolve dots, and takes `//host` for another machine. */
function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const [path = '/', query = ''] = target.split('#', 1)[0]?.split(/\?(.*)/s) ?? []
  return { path, query: new URLSearchParams(query) }
}
