import { createHmac } from 'node:crypto'
import type { IceServer, Network } from '../../core/network/index.ts'
import type { Settings, TurnCredentials } from '../command-line/settings.ts'

/** How long a time-limited TURN credential is good for; a new one is made for each connection. */
const TURN_LIFETIME_SECONDS = 24 * 3600

type IceSettings = Pick<Settings, 'stun' | 'turn' | 'turnCredentials'>

/** Servers that were configured. There is no default: third parties' servers are never contacted. */
function ownIceServers({ stun, turn, turnCredentials }: IceSettings, now: number): IceServer[] {
  const login = turnCredentials && turnLogin(turnCredentials, 'starling', TURN_LIFETIME_SECONDS, now)
  // A server that refuses each login would cost each connection its time.
  const usable = login !== undefined && endOf(login.username) <= now ? [] : turn
  return [...stun.map(urls => ({ urls })), ...usable.map(urls => ({ urls, ...login }))]
}

/** What to say of a fixed login whose time is over; undefined when it is not, or has none. */
export function overWords({ turnCredentials }: IceSettings, now: number): string | undefined {
  const end = turnCredentials?.kind === 'user' ? endOf(turnCredentials.username) : Number.POSITIVE_INFINITY
  if (end > now) return undefined
  return `The login of --turn-user ended at ${new Date(end).toISOString()}: its TURN server is not used. Ask for a new one.`
}

/** When a time-limited login ends, in Unix ms. */
function endOf(username: string): number {
  const seconds = /^(\d{9,11}):/.exec(username)?.[1]
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000
}

/** Those and the relays', as node-datachannel takes them: it puts logins into a URL, where a colon would end the name. */
export function encodedIceServers(settings: IceSettings, offered: readonly IceServer[], now: number): IceServer[] {
  return [...ownIceServers(settings, now), ...offered].map(({ urls, username, credential }) => ({
    urls,
    ...(username !== undefined && { username: encodeURIComponent(username) }),
    ...(credential !== undefined && { credential: encodeURIComponent(credential) })
  }))
}

/** A fixed login, or one from a shared secret (the TURN REST API, draft-uberti-behave-turn-rest-00, section 2.2). */
export function turnLogin(
  credentials: TurnCredentials,
  user: string,
  lifetimeSeconds: number,
  now: number
): { username: string; credential: string } {
  if (credentials.kind === 'user') return { username: credentials.username, credential: credentials.credential }
  const username = `${Math.floor(now / 1000) + lifetimeSeconds}:${user}`
  return { username, credential: createHmac('sha1', credentials.secret).update(username).digest('base64') }
}

/** TURN servers that this peer may use: those that were configured, and those of its relays. */
export function turnServers(settings: IceSettings, network: Network | undefined): IceServer[] {
  const all = [...ownIceServers(settings, Date.now()), ...(network?.iceServers?.() ?? [])]
  return all.filter(({ urls }) => /^turns?:/i.test(urls))
}
