import type { Connection } from '@libp2p/interface'
import { UnavailableError, type Millis } from '../../bytes/index.ts'
import type { PeerId } from '../network.ts'
import type { Look, Witness } from '../reach.ts'
import type { Connections } from './connections.ts'
import { withDeadline } from './deadline.ts'
import { createFrameStream } from './frame-stream.ts'
import { hostOfAddress, isPublicHost } from './hosts.ts'
import { fromLibp2pPeer, toLibp2pPeer } from './peer-ids.ts'
import { decodeReachAnswer, encodeReachAsk, REACH_PROTOCOL, type ReachAnswer, type ReachAsk } from './reach-codec.ts'
import { REACH_LIMITS } from './reach-server.ts'
import type { Scope } from './scope.ts'

/** Asking more of them would only take longer. */
const MAX_WITNESSES = 8

export interface Witnesses {
  all(): Promise<Witness[]>
  ask(witness: Witness, ask: ReachAsk, signal: AbortSignal): Promise<ReachAnswer>
}

export function createWitnesses(scope: Scope, connections: Connections): Witnesses {
  function connectionTo(peer: PeerId): Connection | undefined {
    return connections.of(peer).find(({ path, connection }) => path === 'direct' && connection.status === 'open')
      ?.connection
  }

  async function speaks(peer: PeerId): Promise<boolean> {
    const id = toLibp2pPeer(peer)
    const known = id === undefined ? undefined : await scope.node.peerStore.get(id).catch(() => undefined)
    return known?.protocols.includes(REACH_PROTOCOL) ?? false
  }

  return {
    async all() {
      const found = await Promise.all(
        connections.ids().map(async peer => {
          const address = connectionTo(peer)?.remoteAddr.toString()
          const host = hostOfAddress(address ?? '')
          if (address === undefined || host === undefined || !(await speaks(peer))) return []
          return [{ peer, host, isPublic: isPublicHost(host), address }]
        })
      )
      const byHost = new Map(found.flat().map(witness => [witness.host, witness]))
      return [...byHost.values()].sort(publicFirst).slice(0, MAX_WITNESSES)
    },
    async ask({ peer }, ask, signal) {
      const connection = connectionTo(peer)
      if (connection === undefined) throw new UnavailableError('not connected to this relay any more')
      return askOver(scope, connection, ask, signal)
    }
  }
}

function publicFirst(a: Witness, b: Witness): number {
  return Number(b.isPublic) - Number(a.isPublic) || (a.peer < b.peer ? -1 : 1)
}

/** Puts one question over this very connection. */
export function askOver(
  scope: Pick<Scope, 'clock'>,
  connection: Connection,
  ask: ReachAsk,
  signal: AbortSignal
): Promise<ReachAnswer> {
  return withDeadline(scope.clock, REACH_LIMITS.maxDuration, signal, async either => {
    const stream = await connection.newStream(REACH_PROTOCOL, { signal: either, runOnLimitedConnection: true })
    const frames = createFrameStream(scope.clock, stream, fromLibp2pPeer(connection.remotePeer), REACH_LIMITS)
    try {
      await frames.write(encodeReachAsk(ask))
      const frame = await frames.read()
      const answer = frame === undefined ? undefined : decodeReachAnswer(frame)
      if (answer === undefined || !answer.ok) throw new UnavailableError('the answer makes no sense')
      await frames.end()
      return answer.value
    } catch (thrown) {
      frames.abort('no use')
      throw thrown
    }
  })
}

/** What is seen at the other end of the connection. */
export async function lookOver(clock: { now(): Millis }, ask: () => Promise<ReachAnswer>): Promise<Look> {
  const began = clock.now()
  const { observed, time } = await ask()
  const ended = clock.now()
  const host = hostOfAddress(observed)
  const isPublic = host !== undefined && isPublicHost(host)
  return { observed, host, isPublic, clockAhead: Math.round(time - (began + ended) / 2), rtt: ended - began }
}
