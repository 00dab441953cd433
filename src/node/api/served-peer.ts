import type { IdentityVault, Keeper, Peer } from '../../core/chat/index.ts'
import type { IceServer, Network } from '../../core/network/index.ts'
import type { NodeReport } from '../doctor/report.ts'
import type { EventFeed } from './feed.ts'
import type { Figures } from './metrics.ts'

/** What the local API speaks for: a peer with its rooms, or a relay, which has none. */
export interface ServedPeer {
  /** Absent at a relay. */
  readonly peer: Peer | undefined
  /** Absent at a relay. */
  readonly vault?: IdentityVault
  readonly feed: EventFeed
  /** Undefined until the network has started. */
  network(): Network | undefined
  state(): 'starting' | 'ready' | 'stopping'
  /** Undefined where no rooms are kept. */
  keeper?(): Keeper | undefined
  messages(): number
  /** What the network lets this peer do; throws `UnavailableError` before it has started. */
  examine(signal: AbortSignal): Promise<NodeReport>
  readonly bootstrap: readonly string[]
  /** Servers that a tab may use, too; none that needs a secret. */
  readonly iceServers: readonly IceServer[]
  /** TURN servers with logins that hold for an hour or more. */
  turn(): readonly IceServer[]
  readonly webUrl: string | undefined
}

export function figuresOf(served: ServedPeer): Figures {
  const network = served.network()
  return {
    isReady: served.state() === 'ready',
    paths: network?.peers().map(connection => connection.path) ?? [],
    relays: network?.relays().length ?? 0,
    rooms: served.peer?.rooms().length ?? 0,
    messages: served.messages(),
    kept: served.keeper?.()?.figures()
  }
}

/** Why the peer cannot be used now; empty when it can. */
export function complaintsOf(served: ServedPeer): readonly string[] {
  const state = served.state()
  if (state !== 'ready') return [state === 'starting' ? 'the peer is starting' : 'the peer is stopping']
  const trouble = served.keeper?.()?.trouble()
  return trouble === undefined ? [] : [`rooms cannot be kept: ${trouble}`]
}
