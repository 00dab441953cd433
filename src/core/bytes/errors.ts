/**
 * Errors whose name says who must act. What a remote peer sends wrong is never one of these: decoders return a
 * `Result`, and the sender is dropped or scored.
 */

/** The caller asked for something that cannot be: bad usage or bad input. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The caller may not do this. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError'
}

/** Nobody is at fault and a later try may succeed: nobody is reachable, or not in time. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}

/** The machine must be put right: a store that is locked, newer, full or not writable, a port in use. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/** The message of whatever was thrown; libp2p's WebSocket transport in a browser throws an `Event` that has none. */
export function errorMessage(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  return typeof thrown === 'string' ? thrown : 'the connection failed'
}
