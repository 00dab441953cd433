import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { checkInTime } from '../state/network-check.ts'
import { createNetworkView } from '../state/network-view.ts'
import type { Session } from '../state/session.ts'
import '../styles/network.css'
import { BackIcon } from './icons.tsx'
import { Murmuration } from './murmuration.tsx'
import { NetworkReport } from './network-report.tsx'
import { NetworkSide } from './network-side.tsx'
import { NetworkTable } from './network-table.tsx'

/** The network as this device sees it: a picture, and the same in words. Loaded when it is first asked for. */
export function NetworkPane({ session }: { session: Session }) {
  const view = useMemo(() => createNetworkView(session.peer), [session])
  const active = useSignal<string | undefined>(undefined)
  useEffect(() => {
    const endChecks = checkInTime(session.check, view.status)
    return () => {
      endChecks()
      view.stop()
    }
  }, [view])
  const peers = view.peers.value
  const check = session.check.state.value
  return (
    <main class="pane network-pane">
      <header class="pane-head network-head">
        <button
          type="button"
          class="icon-button"
          aria-label="Back"
          title="Back"
          onClick={() => session.router.back({ kind: 'rooms' })}
        >
          <BackIcon />
        </button>
        <h2>Network</h2>
      </header>
      <div class="network-body">
        <Murmuration peers={peers} active={active} />
        <NetworkSide peers={peers} status={view.status.value} verdict={check.report?.summary} />
        {peers.length > 0 && <NetworkTable peers={peers} active={active} />}
        <NetworkReport check={check} peers={peers} onCheck={session.check.run} />
      </div>
    </main>
  )
}
