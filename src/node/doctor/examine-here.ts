import { examine } from '../../core/doctor/index.ts'
import type { Network } from '../../core/network/index.ts'
import type { Settings } from '../command-line/settings.ts'
import { encodedIceServers } from '../peer/ice-servers.ts'
import type { OpenPorts } from '../router/open-ports.ts'
import { gatherHere } from './ice-here.ts'
import { tryUdp } from './nat-trial.ts'
import type { NodeReport, RouterState } from './report.ts'
import { routerAdvice } from './router-advice.ts'
import { tryTcp } from './tcp-trial.ts'

const NO_ROUTER: RouterState = { asked: false, protocol: null, externalHost: null, ports: [] }

/** With the sockets that a program has, and what its router says. */
export async function examineHere(
  network: Network,
  settings: Settings,
  ports: () => OpenPorts | undefined,
  signal: AbortSignal
): Promise<NodeReport> {
  const offered = () => network.iceServers?.() ?? []
  const { summary, nat, addresses, ...rest } = await examine(
    network,
    {
      edge: 'program',
      webrtc: settings.webrtc,
      bootstrap: settings.bootstrap,
      udp: (_, ...known) => tryUdp([...settings.stun, ...stunOf(offered())], ...known),
      tcp: tryTcp,
      candidates: stop => gatherHere(encodedIceServers(settings, offered(), Date.now()), stop)
    },
    signal
  )
  const router = ports()?.state() ?? NO_ROUTER
  const advice = routerAdvice(router, addresses.seen, settings.upnp)
  return { summary, nat, addresses, router: { ...router, advice }, ...rest }
}

function stunOf(servers: readonly { urls: string }[]): string[] {
  return servers.map(({ urls }) => urls).filter(urls => urls.startsWith('stun:'))
}
