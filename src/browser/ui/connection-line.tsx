import type { Connection } from '../state/connection.ts'
import { connectionWords } from '../words.ts'

/** Says plainly how things stand; the dot only repeats it. */
export function ConnectionLine({ connection }: { connection: Connection }) {
  return (
    <p class="connection" role="status" aria-label="Connection" data-kind={connection.kind}>
      <span class="connection-dot" aria-hidden="true" />
      {connectionWords(connection)}
    </p>
  )
}
