import type { PublicEvent } from '../api/feed.ts'
import { sentenceOf } from '../exits.ts'
import { jsonLine } from '../terminal/json-line.ts'
import { messageLine } from '../terminal/message-line.ts'
import type { Output } from '../terminal/output.ts'

/** Prints the events of a running peer: after `ready`, which is the first; for people only what they should know. */
export interface EventPrinter {
  print(event: PublicEvent): void
  ready(ready: Ready, text: string): void
}

export interface Ready {
  readonly peer: string
  readonly addresses: readonly string[]
  readonly http: string | undefined
}

/** Events from before the peer is ready; there is a handful of them. */
const MAX_EARLY = 1000

export function createEventPrinter(output: Output): EventPrinter {
  let early: PublicEvent[] | undefined = []
  const show = (event: PublicEvent): void => {
    if (output.json) output.result(event, '')
    else logEvent(output, event)
  }
  return {
    print(event) {
      if (early === undefined) show(event)
      else if (early.length < MAX_EARLY) early.push(event)
    },
    ready({ peer, addresses, http }, text) {
      output.result({ event: 'ready', peer, addresses, ...(http === undefined ? {} : { http }) }, text)
      const waiting = early ?? []
      early = undefined
      for (const event of waiting) show(event)
    }
  }
}

function logEvent(output: Output, event: PublicEvent): void {
  if (event.event === 'warning') return output.log('warn', warningText(event))
  if (event.event === 'peer') return output.log('info', `${event.peer}: ${event.path} ${event.address}`)
  if (event.event === 'message') return output.log('debug', `message in ${event.room}: ${messageLine(event)}`)
  output.log('debug', jsonLine(event))
}

/** That the disk is full is said as commands say it. */
function warningText({ code, text }: PublicEvent & { event: 'warning' }): string {
  return code === 'not-stored' ? sentenceOf(text) : text
}
