import { LevelDatastore } from 'datastore-level'
import { Level } from 'level'
import { systemClock, systemRandom, UnavailableError } from '../core/bytes/index.ts'
import { openPeer, type AskPassphrase, type Peer } from '../core/chat/index.ts'
import type { Report } from '../core/doctor/index.ts'
import { openStorage, type Storage } from '../core/log/index.ts'
import type { Network } from '../core/network/index.ts'
import type { BrowserNetwork } from './browser-network.ts'
import { followBootstrapList, rememberedList, type BootstrapList } from './bootstrap-list.ts'
import type { Memory } from './memory.ts'
import { ownIdentity, type OwnIdentity } from './own-identity.ts'
import { loadRestInTime } from './rest-of-program.ts'

export interface RunningPeer {
  readonly peer: Peer
  readonly own: OwnIdentity
  /** Resolves once the peer is online, and rejects when it cannot be; what works offline works all the while. */
  readonly online: Promise<void>
  /** Tries out what the network lets this tab do; takes up to half a minute. */
  examine(signal: AbortSignal): Promise<Report>
  stop(): Promise<void>
}

/**
 * The composition: a peer of its own in this tab, on an IndexedDB database named after the profile. It opens on its
 * store alone; libp2p, by far the largest part of the program, is loaded after that.
 */
export async function startPeer(profile: string, memory: Memory, ask: AskPassphrase): Promise<RunningPeer> {
  const loading = import('./browser-network.ts')
  loading.catch(() => undefined)
  const database = new Level<Uint8Array, Uint8Array>(`starling-${profile}`, {
    keyEncoding: 'view',
    valueEncoding: 'view'
  })
  const storage = await openStorage(database)
  const peer = await openOn(storage, ask)
  const stopping = new AbortController()
  let list = rememberedList(memory)
  let running: BrowserNetwork | undefined
  followBootstrapList(memory, takeList, stopping.signal)
  const online = goOnline()
  online.then(loadRestInTime, () => undefined)

  function takeList(next: BootstrapList): void {
    list = next
    running?.use(next)
  }

  async function goOnline(): Promise<void> {
    const { createBrowserNetwork } = await loading
    if (stopping.signal.aborted) return
    const browser = await createBrowserNetwork(libp2pDatastore(database), systemClock)
    if (stopping.signal.aborted) return stopQuietly(browser.network)
    await peer.goOnline(browser.network)
    running = browser
    browser.use(list)
  }

  return {
    peer,
    own: ownIdentity(storage, () => peer.addresses()),
    online,
    async examine(signal) {
      const { examineTab } = await import('./doctor/examine-tab.ts')
      if (running === undefined) throw new UnavailableError('this tab is not online yet')
      return examineTab(running, AbortSignal.any([signal, stopping.signal]))
    },
    async stop() {
      stopping.abort()
      await online.catch(() => undefined)
      await peer.stop()
    }
  }
}

async function openOn(storage: Storage, askPassphrase: AskPassphrase): Promise<Peer> {
  const startedAt = performance.timeOrigin
  try {
    return await openPeer({ storage, clock: systemClock, random: systemRandom, startedAt, askPassphrase })
  } catch (thrown) {
    await storage.close()
    throw thrown
  }
}

/** A part of the peer's database. `LevelDatastore` asks for a whole `Level`, and uses of it what every sublevel has. */
function libp2pDatastore(database: Level<Uint8Array, Uint8Array>): LevelDatastore {
  const part: unknown = database.sublevel('libp2p', { keyEncoding: 'utf8', valueEncoding: 'view' })
  return new LevelDatastore(part as Level<string, Uint8Array>)
}

function stopQuietly(network: Network): Promise<void> {
  return network.stop().catch(() => undefined)
}
