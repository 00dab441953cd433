import type { Connection } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { equalBytes, systemRandom, type Millis } from '../../bytes/index.ts'

/** https://github.com/libp2p/specs/blob/master/ping/ping.md */
const PROTOCOL = '/ipfs/ping/1.0.0'
const PAYLOAD_BYTES = 32

/** The round trip over this very connection; rejects when nobody answers. */
export async function ping(connection: Connection, signal: AbortSignal): Promise<Millis> {
  const stream = await connection.newStream(PROTOCOL, { signal, runOnLimitedConnection: true })
  try {
    const bytes = byteStream(stream)
    const payload = systemRandom(PAYLOAD_BYTES)
    const sent = performance.now()
    await bytes.write(payload, { signal })
    const echo = await bytes.read({ bytes: PAYLOAD_BYTES, signal })
    const rtt = Math.round((performance.now() - sent) * 10) / 10
    if (!equalBytes(echo.subarray(), payload)) throw new Error('the ping came back changed')
    await stream.close({ signal })
    return rtt
  } catch (thrown) {
    stream.abort(thrown instanceof Error ? thrown : new Error('the ping failed'))
    throw thrown
  }
}
