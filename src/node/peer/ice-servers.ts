import { createHmac } from 'node:crypto'
import type { Settings, TurnCredentials } from '../command-line/settings.ts'

export interface IceServer {
  readonly urls: string
  readonly username?: string
  readonly credential?: string
}

/** How long a time-limited TURN credential is good for; a new one is made for each connection. */
const TURN_LIFETIME_SECONDS = 24 * 3600

/** Servers for the WebRTC of this process. There is no default: third parties' servers are never contacted. */
export function ownIceServers({ stun, turn, turnCredentials }: Settings, now: number): IceServer[] {
  const credentials = turnCredentials === undefined ? {} : encoded(turnLogin(turnCredentials, now))
  return [...stun.map(urls => ({ urls })), ...turn.map(urls => ({ urls, ...credentials }))]
}

/** A fixed login, or one from a shared secret (the TURN REST API, draft-uberti-behave-turn-rest-00, section 2.2). */
function turnLogin(credentials: TurnCredentials, now: number): { username: string; credential: string } {
  if (credentials.kind === 'user') return { username: credentials.username, credential: credentials.credential }
  const username = `${Math.floor(now / 1000) + TURN_LIFETIME_SECONDS}:starling`
  return { username, credential: createHmac('sha1', credentials.secret).update(username).digest('base64') }
}

/** node-datachannel puts them into a URL, where a colon would end the name. */
function encoded(login: { username: string; credential: string }): { username: string; credential: string } {
  return { username: encodeURIComponent(login.username), credential: encodeURIComponent(login.credential) }
}
