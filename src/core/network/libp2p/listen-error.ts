import { EnvironmentError, errorMessage } from '../../bytes/index.ts'

const REASONS: readonly [RegExp, (address: string) => Error][] = [
  [/EADDRINUSE/, at => new EnvironmentError(`${at} is in use by another program; stop it or listen at another port`)],
  [/EACCES/, at => new EnvironmentError(`the system does not allow listening at ${at}; choose a port above 1023`)],
  [
    /EADDRNOTAVAIL|ENOTFOUND/,
    at => new EnvironmentError(`${at} is not an address of this machine; listen at another one`)
  ]
]

/** libp2p names every address and its stack in one text; this is the first of them in a line that says what to do. */
export function listenError(thrown: unknown): Error {
  const text = errorMessage(thrown)
  for (const [pattern, describe] of REASONS) {
    const at = failedAddress(text, pattern)
    if (at !== undefined) return describe(at)
  }
  return thrown instanceof Error ? thrown : new EnvironmentError(text)
}

/** The address before the reason: `  /ip4/127.0.0.1/tcp/80: Error: listen EACCES ...`. */
function failedAddress(text: string, reason: RegExp): string | undefined {
  let address: string | undefined
  for (const line of text.split('\n')) {
    address = /^\s*(\/\S+): /.exec(line)?.[1] ?? address
    if (address !== undefined && reason.test(line)) return address
  }
  return undefined
}
