import type { Network, PeerId, StreamLimits } from '../network/index.ts'

/**
 * Brings one frame to a connected peer and reads the one that it answers with, on a stream of its own that then ends; rejects when none
 * comes within the limits.
 */
export async function askPeer(
  network: Network,
  peer: PeerId,
  { protocol, limits, frame }: { readonly protocol: string; readonly limits: StreamLimits; readonly frame: Uint8Array },
  signal: AbortSignal
): Promise<Uint8Array> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limits.maxDuration)])
  const stream = await network.open(peer, protocol, limits, limit)
  try {
    await stream.write(frame)
    await stream.end()
    const answer = await stream.read()
    if (answer === undefined) throw new Error('no answer')
    return answer
  } catch (thrown) {
    stream.abort('no answer that can be read')
    throw thrown
  }
}
