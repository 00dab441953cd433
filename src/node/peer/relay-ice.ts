import { CappedMap, systemClock, type Millis } from '../../core/bytes/index.ts'
import type { IceOffer, PeerId, TurnOffer } from '../../core/network/index.ts'
import type { Settings } from '../command-line/settings.ts'
import { EnvironmentError, UsageError } from '../exits.ts'
import { serveStun, STUN_PORT, type StunServer } from '../stun/server.ts'
import { turnLogin } from './ice-servers.ts'

/** Long enough for a call, short enough for one that leaks. */
const TURN_LIFETIME_SECONDS = 3600
const QUOTA_PERIOD: Millis = 3_600_000
/** Logins for one peer in that time: it asks when it connects, and every half an hour. */
const LOGINS_PER_PEER = 12
const MAX_COUNTED_PEERS = 4_096

/** The STUN port of a relay: its flag, where 0 is for none, or the usual one. */
export interface StunPlan {
  readonly port: number
  /** Whether another will do. */
  readonly isChosen: boolean
}

/** @throws EnvironmentError when the port that was asked for is taken */
export async function openStun({ port, isChosen }: StunPlan): Promise<StunServer | undefined> {
  if (port === 0) return undefined
  try {
    return await serveStun(port, systemClock)
  } catch {
    if (isChosen)
      throw new EnvironmentError(`UDP port ${port} is in use: choose another with --stun-port, or 0 for none`)
    // Peers are told which one it is.
    return serveStun(0, systemClock).catch(() => undefined)
  }
}

export function stunPlanOf(flag: string | undefined): StunPlan {
  return flag === undefined ? { port: STUN_PORT, isChosen: false } : { port: Number(flag), isChosen: true }
}

/** What a relay offers each of its peers: its own STUN server, and time-limited logins for the TURN server on its host. */
export function iceOffers(settings: Settings, stun: StunServer | undefined): (peer: PeerId) => IceOffer {
  const server = turnServerOf(settings)
  const given = new CappedMap<PeerId, readonly number[]>(MAX_COUNTED_PEERS)

  function turnFor(peer: PeerId): TurnOffer | undefined {
    const { turnCredentials } = settings
    if (server === undefined || turnCredentials === undefined) return undefined
    const now = Date.now()
    const recent = (given.get(peer) ?? []).filter(time => now - time < QUOTA_PERIOD)
    if (recent.length >= LOGINS_PER_PEER) return undefined
    given.set(peer, [...recent, now])
    // Which peer it was given to shows in the TURN server's log, and counts in its quota by user.
    const login = turnLogin(turnCredentials, peer.slice(-8), TURN_LIFETIME_SECONDS, now)
    return { ...server, lifetime: TURN_LIFETIME_SECONDS, ...login }
  }

  return peer => ({ stun: stun?.port, turn: turnFor(peer) })
}

/** @throws UsageError for a TURN server that peers could not be told of */
export function turnServerOf({ turn, turnCredentials }: Settings): Pick<TurnOffer, 'port' | 'transport'> | undefined {
  const [uri, another] = turn
  if (uri === undefined) return undefined
  if (another !== undefined) throw new UsageError('a relay hands out logins for one --turn server, on its own host')
  const [, port = '3478', transport = 'udp'] =
    /^turn:(?:\[[^\]]*\]|[^:?]*)(?::(\d+))?(?:\?transport=(udp|tcp))?$/i.exec(uri) ?? []
  if (!/^turn:/i.test(uri)) throw new UsageError(`--turn ${uri}: a relay hands out logins for turn:, not turns:`)
  if (turnCredentials === undefined)
    throw new UsageError('relay --turn needs --turn-secret-file (or --turn-user), from which logins are made')
  return { port: Number(port), transport: transport === 'tcp' ? 'tcp' : 'udp' }
}
