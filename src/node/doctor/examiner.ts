import type { Network } from '../../core/network/index.ts'
import type { Settings } from '../command-line/settings.ts'
import { UnavailableError } from '../exits.ts'
import { encodedIceServers } from '../peer/ice-servers.ts'
import type { OpenPorts } from '../router/open-ports.ts'
import type { Report, RouterState } from './report.ts'

const NO_ROUTER: RouterState = { asked: false, protocol: null, externalHost: null, ports: [] }

/** Examines the network of a peer; whoever asks meanwhile gets the same report. The doctor is loaded when it is called. */
export function examiner(
  settings: Settings,
  running: () => { readonly network?: Network | undefined; readonly ports?: OpenPorts | undefined }
): (signal: AbortSignal) => Promise<Report> {
  let examining: Promise<Report> | undefined
  async function run(network: Network): Promise<Report> {
    const { examine } = await import('./examine.ts')
    const ended = AbortSignal.timeout(MAX_MS)
    return examine(
      network,
      {
        webrtc: settings.webrtc,
        upnp: settings.upnp,
        bootstrap: settings.bootstrap,
        stun: async () => [...settings.stun, ...stunOf(network)],
        iceServers: async () => encodedIceServers(settings, network.iceServers?.() ?? [], Date.now()),
        router: () => running().ports?.state() ?? NO_ROUTER
      },
      ended
    )
  }
  return async () => {
    const { network } = running()
    if (network === undefined) throw new UnavailableError('the peer is starting: try again in a moment')
    examining ??= run(network).finally(() => (examining = undefined))
    return examining
  }
}

/** The STUN servers of connected relays. */
function stunOf(network: Network): string[] {
  return (network.iceServers?.() ?? []).map(({ urls }) => urls).filter(urls => urls.startsWith('stun:'))
}

/** All trials together, where nothing answers; below what a caller of the local API waits. */
const MAX_MS = 50_000
