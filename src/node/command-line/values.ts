import { UsageError } from '../exits.ts'

export interface HostPort {
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

const LOG_LEVELS: readonly string[] = ['error', 'warn', 'info', 'debug']
const MAX_PORT = 65_535
/** A wait longer than a day is a mistake in units. */
const MAX_WAIT_SECONDS = 86_400

/** `127.0.0.1:8080`, `[::1]:8080` or `localhost:0`. */
export function parseHostPort(text: string, flag: string): HostPort {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+)):(\d{1,6})$/i.exec(text)
  const port = parsePort(match?.[3] ?? '', flag, text)
  return { host: match?.[1] ?? match?.[2] ?? '', port }
}

function parsePort(digits: string, flag: string, text: string): number {
  if (digits === '') throw new UsageError(`--${flag} ${text}: not HOST:PORT, for example 127.0.0.1:8080`)
  const port = Number(digits)
  if (port > MAX_PORT) throw new UsageError(`--${flag} ${text}: there is no port above ${MAX_PORT}`)
  return port
}

export function parseCount(text: string, flag: string, fewest: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : -1
  if (count < fewest) throw new UsageError(`--${flag} ${text}: not a whole number of ${fewest} or more`)
  return count
}

/** Seconds, to milliseconds. */
export function parseSeconds(text: string, flag: string): number {
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(seconds) || seconds > MAX_WAIT_SECONDS) {
    throw new UsageError(`--${flag} ${text}: not a number of seconds up to ${MAX_WAIT_SECONDS}`)
  }
  return Math.round(seconds * 1000)
}

export function parseLogLevel(text: string): LogLevel {
  if (LOG_LEVELS.includes(text)) return text as LogLevel
  throw new UsageError(`--log ${text}: not one of ${LOG_LEVELS.join(', ')}`)
}

export function parseWebUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--web-url ${text}: not a web address, for example https://chat.example.org/`)
  }
  if (url.username !== '' || url.hash !== '') {
    throw new UsageError(`--web-url ${text}: must hold neither a user name nor a #`)
  }
  return url.href
}

/** `stun:host:port` (RFC 7064), `turn:host:port?transport=udp` (RFC 7065), and their TLS forms. */
export function parseIceUri(text: string, kind: 'stun' | 'turn'): string {
  const match = /^(stun|turn)s?:(?:[^\s:/?@[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,6}))?(\?transport=(?:udp|tcp))?$/i.exec(text)
  if (match?.[1]?.toLowerCase() !== kind || (kind === 'stun' && match[3] !== undefined)) {
    throw new UsageError(
      `--${kind} ${text}: not a ${kind.toUpperCase()} address, for example ${kind}:relay.example.org:3478`
    )
  }
  if (match[2] !== undefined) parsePort(match[2], kind, text)
  return text
}

/** The name of a time-limited login has a colon itself: `1767225600:anna`, the second at which it ends first. */
export function parseTurnUser(text: string): { username: string; credential: string } {
  const [, username, credential] = /^(\d{9,11}:[^:]+|[^:]+):(.+)$/s.exec(text) ?? []
  if (username === undefined || credential === undefined) throw new UsageError('--turn-user: not NAME:PASSWORD')
  return { username, credential }
}

/** `30d`, `12h`, `90m`, `45s`. */
export function parseDuration(text: string, flag: string): number {
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }
  const match = /^(\d{1,5})([smhd])$/.exec(text)
  const unit = units[match?.[2] ?? '']
  if (unit === undefined) throw new UsageError(`--${flag} ${text}: not a duration such as 45s, 90m, 12h or 7d`)
  return Number(match?.[1]) * unit * 1000
}

/** `500M`, `2G`: bytes, in powers of 1024. */
export function parseSize(text: string, flag: string): number {
  const units: Record<string, number> = { '': 0, K: 1, M: 2, G: 3, T: 4 }
  const match = /^(\d{1,9})([KMGT]?)(?:i?B)?$/i.exec(text)
  const power = units[match?.[2]?.toUpperCase() ?? '-']
  if (power === undefined) throw new UsageError(`--${flag} ${text}: not a size such as 500M or 2G`)
  return Number(match?.[1]) * 1024 ** power
}
