import { UnavailableError } from '../exits.ts'
import type { EventFeed, PublicEvent } from './feed.ts'
import type { Route } from './route.ts'

/** Streams of events at a time; each costs a socket and what it has not read yet. */
const MAX_STREAMS = 64
/** A reader that is so far behind has stopped reading. */
const MAX_UNREAD_BYTES = 1024 * 1024
/** Tells proxies and both ends that the stream lives. */
const KEEP_ALIVE_MS = 15_000

/** `GET /v1/events`: server-sent events (HTML, section 9.2), each one event of the contract as JSON. */
export function eventRoute(feed: EventFeed): Route {
  let streams = 0
  return {
    method: 'GET',
    path: '/v1/events',
    access: 'token',
    run({ request, response, signal }) {
      if (streams >= MAX_STREAMS) throw new UnavailableError('too many streams of events are open: close one')
      streams += 1
      request.socket.setTimeout(0)
      const write = (text: string): void => {
        response.write(text)
        if (response.writableLength > MAX_UNREAD_BYTES) response.destroy()
      }
      const unlisten = feed((event: PublicEvent) => write(`data: ${JSON.stringify(event)}\n\n`))
      const beat = setInterval(() => write(': still here\n\n'), KEEP_ALIVE_MS)
      signal.addEventListener(
        'abort',
        () => {
          streams -= 1
          clearInterval(beat)
          unlisten()
          response.end()
        },
        { once: true }
      )
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
      write(': listening\n\n')
      return undefined
    }
  }
}
