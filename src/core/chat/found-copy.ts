import { errorMessage } from '../bytes/index.ts'
import type { RecordStore } from '../log/index.ts'
import { COPIED_WORDS, renewDevice } from './identity-record.ts'
import type { Listeners } from './listeners.ts'
import type { PeerEvent } from './peer.ts'

/** To be called when an entry of this device came from outside: its data is a copy, restored or running twice, and becomes a new device. */
export function whenCopied(records: RecordStore, events: Listeners<PeerEvent>): () => void {
  let isCopy = false
  return () => {
    if (isCopy) return
    isCopy = true
    events.emit({ event: 'warning', code: 'data-copied', text: COPIED_WORDS })
    renewDevice(records).catch((thrown: unknown) => {
      isCopy = false
      events.emit({ event: 'warning', code: 'not-stored', text: errorMessage(thrown) })
    })
  }
}
