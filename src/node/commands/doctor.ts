import type { Network } from '../../core/network/index.ts'
import { openAccess } from '../access/open-access.ts'
import type { StoredPeer } from '../access/stored-peer.ts'
import type { Settings } from '../command-line/settings.ts'
import type { NodeReport } from '../doctor/report.ts'
import { UnavailableError } from '../exits.ts'
import { withCleanup } from '../peer/cleanup.ts'
import type { Run } from './command.ts'

/** Without a running peer: how long to look for another of the relays that were named, or for another place at one. */
const PATIENCE_MS = 10_000
const LOOK_AGAIN_MS = 100
/** Of three relays one that is wrong stands out. */
const ENOUGH_RELAYS = 3
const ENOUGH_PLACES = 2

export const doctor: Run = async ({ settings, output, stop }) => {
  const access = await openAccess(settings, stop)
  output.aside('Trying out the network; this takes up to half a minute.')
  const { reportText } = await import('../doctor/report-text.ts')
  const show = (report: NodeReport): void => output.result(report, reportText(report, process.stdout.columns))
  const report =
    access.kind === 'running'
      ? await access.peer.examine(stop)
      : await examineAlone(access.stored, settings, stop, show)
  if (access.kind === 'running') show(report)
  if (report.relays.known.length > 0 || settings.bootstrap.length === 0) return
  throw new UnavailableError('none of the relays you named answers: check their addresses, and whether you are online')
}

/** A peer for as long as it takes; the report is shown before it stops. */
function examineAlone(
  stored: StoredPeer,
  settings: Settings,
  stop: AbortSignal,
  show: (report: NodeReport) => void
): Promise<NodeReport> {
  return withCleanup(async cleanup => {
    cleanup.add(stored.stop)
    const { connect, openPortsOf } = await import('../peer/full-peer.ts')
    const network = await connect(stored, settings, false)
    const ports = await openPortsOf(network, settings, cleanup)
    await untilMet(network, settings, stop)
    await ports?.settled
    stop.throwIfAborted()
    const { examiner } = await import('../doctor/examiner.ts')
    const report = await examiner(settings, () => ({ network, ports }))()
    show(report)
    return report
  })
}

/** Resolves when the relays that were named are met and keep a place, or no more of them come. */
async function untilMet(network: Network, { bootstrap }: Settings, stop: AbortSignal): Promise<void> {
  const named = new Set(bootstrap.map(address => address.split('/p2p/').at(-1))).size
  const [enoughMet, enoughPlaces] = [Math.min(named, ENOUGH_RELAYS), Math.min(named, ENOUGH_PLACES)]
  let [before, end] = [0, performance.now() + PATIENCE_MS]
  while (!stop.aborted && performance.now() < end) {
    const [met, places] = [(await network.reach?.witnesses())?.length ?? 0, network.relays().length]
    if (met >= enoughMet && places >= enoughPlaces) return
    if (met + places > before) [before, end] = [met + places, performance.now() + PATIENCE_MS]
    await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}
