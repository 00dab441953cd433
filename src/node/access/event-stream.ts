import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import type { PublicEvent } from '../api/feed.ts'

/** The events of a stream of server-sent events, each of which our peer writes as one `data:` line. */
export async function* eventsOf(response: IncomingMessage): AsyncIterable<PublicEvent> {
  for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
    if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length)) as PublicEvent
  }
}
