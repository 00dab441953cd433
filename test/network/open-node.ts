import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { LevelDatastore } from 'datastore-level'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/core/bytes/index.ts'
import type { Libp2pNetworkOptions } from '../../src/core/network/index.ts'
import { createNode, type Node } from '../../src/core/network/libp2p/node.ts'
import type { Scope } from '../../src/core/network/libp2p/scope.ts'
import { loadTransportKey } from '../../src/core/network/libp2p/transport-key.ts'

/** A node whose inside can be looked at, until the test ends: a relay unless told otherwise. */
export async function openRelay(
  options: Partial<Libp2pNetworkOptions> = {}
): Promise<{ node: Node; scope: Scope; addresses: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-node-'))
  const datastore = new LevelDatastore(folder)
  await datastore.open()
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { node, dialler } = await createNode(
    {
      transports: [tcp(), webSockets()],
      datastore,
      listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
      bootstrap: [],
      relayServer: true,
      dht: 'server',
      clock: systemClock,
      profile: 'node',
      ...options
    },
    await loadTransportKey(datastore),
    () => 0.5
  )
  await node.start()
  onTestFinished(async () => {
    await node.stop()
    await datastore.close()
  })
  const scope: Scope = {
    node,
    clock: systemClock,
    jitter: () => 0.5,
    signal: new AbortController().signal,
    dialler
  }
  return { node, scope, addresses: node.getMultiaddrs().map(String) }
}
