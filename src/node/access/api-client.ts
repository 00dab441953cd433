import { request, type IncomingMessage } from 'node:http'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readOwner } from '../data/owner.ts'
import { EnvironmentError, NotAllowedError, systemCode, UnavailableError, UsageError } from '../exits.ts'

/** A peer that is busy answers late; one that does not answer at all has stopped. */
const ANSWER_TIMEOUT_MS = 60_000

export interface ApiAnswer {
  readonly status: number
  readonly body: unknown
}

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: object
  /** For how long the answer may be on its way, in milliseconds. */
  readonly patience?: number
  readonly signal?: AbortSignal
}

/** Speaks to the running peer of a data folder over its socket. */
export interface ApiClient {
  call(path: string, options?: CallOptions): Promise<ApiAnswer>
  /** The response, opened, of a route that streams. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage>
}

/** Undefined when no peer answers in this data folder. */
export async function findRunningPeer(data: string): Promise<ApiClient | undefined> {
  const socketPath = await findSocket(data)
  if (socketPath === undefined) return undefined
  const client = createClient(socketPath)
  try {
    await client.call(HEALTH)
    return client
  } catch (thrown) {
    if (isNobody(thrown)) return undefined
    throw thrown
  }
}

async function findSocket(data: string): Promise<string | undefined> {
  const named = (await readOwner(data))?.socket
  if (named !== undefined) return named
  const usual = join(data, 'api.sock')
  return stat(usual).then(
    () => usual,
    () => undefined
  )
}

const HEALTH = '/health'

/** The socket is not there, or was left behind by a peer that was killed or is just going. */
function isNobody(thrown: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTSOCK'].includes(systemCode(thrown) ?? '')
}

function stopped(cause: unknown): EnvironmentError {
  return new EnvironmentError('the running peer has just stopped: try again', { cause })
}

function createClient(socketPath: string): ApiClient {
  return {
    async call(path, options = {}) {
      const { body } = options
      const payload = body === undefined ? undefined : JSON.stringify(body)
      const response = await open(socketPath, path, options, payload).catch((thrown: unknown) => {
        throw path === HEALTH || !isNobody(thrown) ? thrown : stopped(thrown)
      })
      const text = await readAll(response)
      const status = response.statusCode ?? 0
      const answer: unknown = text === '' ? undefined : JSON.parse(text)
      if (status >= 400 && path !== HEALTH) throw errorOf(answer)
      return { status, body: answer }
    },
    async stream(path, signal) {
      const response = await open(socketPath, path, { signal, patience: 0 }, undefined)
      if (response.statusCode === 200) return response
      throw errorOf(JSON.parse(await readAll(response)))
    }
  }
}

function open(
  socketPath: string,
  path: string,
  { method = 'GET', patience = ANSWER_TIMEOUT_MS, signal }: CallOptions,
  payload: string | undefined
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers =
    payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
  const call = request({ socketPath, path, method, headers, agent: false, ...(signal && { signal }) }, resolve)
  call.on('error', reject)
  call.setTimeout(patience, () => {
    call.destroy(new EnvironmentError('the running peer does not answer: stop it and start it again'))
  })
  call.end(payload)
  return promise
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** The error that the peer answered with, as its own process would have thrown it. */
function errorOf(answer: unknown): Error {
  const { error, kind } = { error: 'the running peer answered nothing', kind: 'failed', ...Object(answer) } as Failure
  if (kind === 'usage') return new UsageError(error)
  if (kind === 'not-allowed') return new NotAllowedError(error)
  if (kind === 'unavailable') return new UnavailableError(error)
  return new EnvironmentError(error)
}

interface Failure {
  readonly error: string
  readonly kind: string
}
