import type { Network } from '../../core/network/index.ts'
import type { Settings } from '../command-line/settings.ts'
import { UnavailableError } from '../exits.ts'
import { ownIceServers } from '../peer/ice-servers.ts'
import type { Report } from './report.ts'

/** Examines the network of a peer; whoever asks meanwhile gets the same report. The doctor is loaded when it is called. */
export function examiner(
  settings: Settings,
  network: () => Network | undefined
): (signal: AbortSignal) => Promise<Report> {
  let running: Promise<Report> | undefined
  async function run(found: Network): Promise<Report> {
    const { examine } = await import('./examine.ts')
    const ended = AbortSignal.timeout(MAX_MS)
    return examine(
      found,
      {
        webrtc: settings.webrtc,
        upnp: settings.upnp,
        bootstrap: settings.bootstrap,
        stun: async () => settings.stun,
        iceServers: async () => ownIceServers(settings, Date.now()),
        router: () => ({ protocol: null, externalHost: null, ports: [] })
      },
      ended
    )
  }
  return async () => {
    const found = network()
    if (found === undefined) throw new UnavailableError('the peer is starting: try again in a moment')
    running ??= run(found).finally(() => (running = undefined))
    return running
  }
}

/** All trials together, where nothing answers; below what a caller of the local API waits. */
const MAX_MS = 50_000
