import type { Memory } from './memory.ts'

/** What `bootstrap.json`, next to the page, says: where to meet others, and which STUN and TURN servers help. */
export interface BootstrapList {
  readonly addresses: readonly string[]
  readonly iceServers: readonly RTCIceServer[]
}

const FILE = 'bootstrap.json'
const MEMORY = 'bootstrap'
const FIRST_RETRY_MILLIS = 1000
const LAST_RETRY_MILLIS = 30_000
/** A relay that came back may have other ports, and its webrtc-direct certificate changes about every 13 days. */
const REFRESH_MILLIS = 60_000
const TIMEOUT_MILLIS = 10_000
/** A list is a few hundred bytes; more than this many entries are a mistake, and would only make dials that fail. */
const MAX_ENTRIES = 32
/** One server is known by a few names and transports; browsers slow down from the fifth on. */
const MAX_URLS = 4
/** As in an invite link: a circuit over webrtc-direct with its certificate hashes is half of it. */
const MAX_ADDRESS_CHARACTERS = 512
/** RFC 8489, 14.3: a user name has fewer than 509 bytes. */
const MAX_CREDENTIAL_CHARACTERS = 508
/** RFC 7064 and 7065. Anything else makes every `RTCPeerConnection` throw, those that need no server among them. */
const STUN_URL = /^stuns?:(?:\[[\da-f:.]+\]|[a-z\d.-]+)(?::(?<port>\d{1,5}))?$/i
const TURN_URL = /^turns?:(?:\[[\da-f:.]+\]|[a-z\d.-]+)(?::(?<port>\d{1,5}))?(?:\?transport=(?:udp|tcp))?$/i
const MAX_PORT = 65_535

export function rememberedList(memory: Memory): BootstrapList {
  const stored = memory.get(MEMORY)
  if (stored === undefined) return { addresses: [], iceServers: [] }
  try {
    return parseBootstrapList(JSON.parse(stored))
  } catch {
    return { addresses: [], iceServers: [] }
  }
}

/**
 * Fetches the list until `signal` aborts: with back-off while it cannot be had, now and then after that, at once when
 * the device comes online. Calls `use` whenever it has changed, and remembers it.
 */
export function followBootstrapList(memory: Memory, use: (list: BootstrapList) => void, signal: AbortSignal): void {
  let retry = FIRST_RETRY_MILLIS
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = memory.get(MEMORY)

  async function poll(): Promise<void> {
    clearTimeout(timer)
    const list = await fetchList(signal)
    if (signal.aborted) return
    if (list !== undefined) take(list)
    clearTimeout(timer)
    timer = setTimeout(again, list === undefined ? retry : REFRESH_MILLIS)
    retry = list === undefined ? Math.min(retry * 2, LAST_RETRY_MILLIS) : FIRST_RETRY_MILLIS
  }

  function take(list: BootstrapList): void {
    const text = JSON.stringify(list)
    if (text === last) return
    last = text
    memory.set(MEMORY, text)
    use(list)
  }

  const again = (): void => void poll()
  addEventListener('online', again, { signal })
  signal.addEventListener('abort', () => clearTimeout(timer))
  again()
}

async function fetchList(signal: AbortSignal): Promise<BootstrapList | undefined> {
  try {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLIS)])
    const response = await fetch(FILE, { cache: 'no-cache', signal: timeout })
    return response.ok ? parseBootstrapList(await response.json()) : undefined
  } catch {
    return undefined
  }
}

/** Takes what has the right form and leaves the rest. */
export function parseBootstrapList(value: unknown): BootstrapList {
  const { addresses, iceServers } = isRecord(value) ? value : {}
  return {
    addresses: listOf(addresses).filter(address => isShort(address, MAX_ADDRESS_CHARACTERS)),
    iceServers: listOf(iceServers).flatMap(parseIceServer)
  }
}

function parseIceServer(value: unknown): RTCIceServer[] {
  if (!isRecord(value)) return []
  const { username, credential } = value
  const given = [value['urls']].flat().filter(url => typeof url === 'string')
  if (!isShort(username, MAX_CREDENTIAL_CHARACTERS) || !isShort(credential, MAX_CREDENTIAL_CHARACTERS)) {
    return withUrls(given.filter(isStun))
  }
  return withUrls(given.filter(url => isStun(url) || isTurn(url))).map(server => ({ ...server, username, credential }))
}

function withUrls(urls: readonly string[]): RTCIceServer[] {
  return urls.length === 0 ? [] : [{ urls: urls.slice(0, MAX_URLS) }]
}

const isStun = (url: string): boolean => isUrlOf(STUN_URL, url)
/** Only of use to who can name a user: without one the browser throws. */
const isTurn = (url: string): boolean => isUrlOf(TURN_URL, url)

function isUrlOf(form: RegExp, url: string): boolean {
  const match = form.exec(url)
  return match !== null && Number(match.groups?.['port'] ?? 0) <= MAX_PORT
}

function isShort(value: unknown, limit: number): value is string {
  return typeof value === 'string' && value.length <= limit
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, MAX_ENTRIES) : []
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
