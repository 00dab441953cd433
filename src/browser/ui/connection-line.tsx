import type { Session } from '../state/session.ts'
import { connectionWords } from '../words.ts'

/** Says plainly how things stand; the dot only repeats it. It leads to the page that says more. */
export function ConnectionLine({ session }: { session: Session }) {
  const connection = session.connection.value
  function open(event: Event): void {
    event.preventDefault()
    session.router.go({ kind: 'network' })
  }
  return (
    <p class="connection" role="status" aria-label="Connection" data-kind={connection.kind}>
      <span class="connection-dot" aria-hidden="true" />
      <a class="connection-link" href="#/network" title="See the network" onClick={open}>
        {connectionWords(connection)}
      </a>
    </p>
  )
}
