import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, IdentifyResult, PeerId as Libp2pPeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { afterEach, expect, test } from 'vitest'
import type { PeerId } from '../../src/core/network/index.ts'
import type { Tracked } from '../../src/core/network/libp2p/connections.ts'
import { createRestartedPeers, newAgentVersion } from '../../src/core/network/libp2p/restarted-peers.ts'
import { connected, createCast, ownAddresses, until } from './network-cast.ts'

const BO = peerIdFromString('12D3KooWSGPbZiDEPWPbFh2yJGfB4NseyxQTGXQ7iSFZFobzaHJJ')
const cast = createCast()
afterEach(() => cast.release())

test('when a peer has started anew, the connections of its earlier run are closed', async () => {
  const anna = await cast.enter()
  const key = await cast.enter()
  await key.leave()
  const again = join(key.folder, 'again')
  await cp(join(key.folder, 'libp2p'), join(again, 'libp2p'), { recursive: true })

  const before = await cast.enter({ folder: key.folder, bootstrap: ownAddresses(anna) })
  await connected(anna, before)
  const after = await cast.enter({ folder: again, bootstrap: ownAddresses(anna) })
  expect(after.network.self).toBe(before.network.self)
  await until('the earlier run lost its connection', () =>
    before.events.some(event => event.kind === 'peer' && event.connection.path === 'none')
  )
})

/** Connections of one peer that open at the given times, identified in the order in which the test says so. */
function connectionsOf(peerId: Libp2pPeerId) {
  const all: Connection[] = []
  const closed: Connection[] = []
  const restarts: PeerId[] = []
  const restarted = createRestartedPeers({ of: () => all.map(connection => ({ connection }) as Tracked) }, peer =>
    restarts.push(peer)
  )
  return {
    closed,
    restarts,
    open(time: number): Connection {
      const connection = {
        timeline: { open: time },
        abort: () => void closed.push(connection)
      } as unknown as Connection
      all.push(connection)
      return connection
    },
    identify: (connection: Connection, agentVersion?: string) =>
      restarted.identified({ connection, peerId, agentVersion } as IdentifyResult)
  }
}

test('two connections of the same run both stay, whichever opened first or at the same moment', () => {
  const bo = connectionsOf(BO)
  const run = newAgentVersion()
  const opened = [bo.open(20), bo.open(10), bo.open(20)]
  for (const connection of [...opened, ...opened]) bo.identify(connection, run)
  expect(bo.closed).toEqual([])
  expect(bo.restarts).toEqual([])
})

test('a connection of an earlier run is closed also when it is identified after one of the current run', () => {
  const bo = connectionsOf(BO)
  const [before, now, strange] = [bo.open(10), bo.open(20), bo.open(15)]
  bo.identify(now, 'starling/2')
  bo.identify(strange)
  bo.identify(before, 'starling/1')
  expect(bo.closed).toEqual([before])
  expect(bo.restarts).toEqual([BO.toString()])
})
