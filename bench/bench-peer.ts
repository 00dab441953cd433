// Peers for measurements: on loopback TCP, in this process, with stores in temporary folders.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcp } from '@libp2p/tcp'
import { LevelDatastore } from 'datastore-level'
import { Level } from 'level'
import { systemClock } from '../src/core/bytes/index.ts'
import type { Database } from '../src/core/log/index.ts'
import { createLibp2pNetwork, type Network } from '../src/core/network/index.ts'

const folders: string[] = []

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-bench-'))
  folders.push(folder)
  return folder
}

export async function removeFolders(): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
}

export function databaseAt(folder: string): Database {
  return new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
}

/** A libp2p node that knows these addresses, with its records in the database. */
export function openNetwork(database: Database, bootstrap: string[]): Promise<Network> {
  return createLibp2pNetwork({
    transports: [tcp()],
    datastore: new LevelDatastore(database.sublevel('libp2p', { keyEncoding: 'utf8', valueEncoding: 'view' }) as never),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap,
    relayServer: false,
    dht: 'server',
    clock: systemClock,
    profile: 'node'
  })
}

/** Resolves when it is connected to somebody. */
export async function untilConnected(network: Network): Promise<void> {
  while (network.peers().length === 0) await new Promise(setImmediate)
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
