import type { Network } from '../../core/network/index.ts'
import type { Settings } from '../command-line/settings.ts'
import { UnavailableError } from '../exits.ts'
import type { OpenPorts } from '../router/open-ports.ts'
import type { NodeReport } from './report.ts'

/** Examines the network of a peer; whoever asks meanwhile gets the same report. The doctor is loaded when it is called. */
export function examiner(
  settings: Settings,
  running: () => { readonly network?: Network | undefined; readonly ports?: OpenPorts | undefined }
): () => Promise<NodeReport> {
  let examining: Promise<NodeReport> | undefined
  async function run(network: Network): Promise<NodeReport> {
    const { examineHere } = await import('./examine-here.ts')
    return examineHere(network, settings, () => running().ports, AbortSignal.timeout(MAX_MS))
  }
  return async () => {
    const { network } = running()
    if (network === undefined) throw new UnavailableError('the peer is starting: try again in a moment')
    examining ??= run(network).finally(() => (examining = undefined))
    return examining
  }
}

/** All trials together, where nothing answers; below what a caller of the local API waits. */
const MAX_MS = 50_000
