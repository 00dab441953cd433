import type { AskPassphrase } from '../core/chat/index.ts'

/** Where the peer that opens and the form on the page meet. */
export interface PassphraseDesk {
  readonly ask: AskPassphrase
  give(passphrase: string): void
  /** Nobody will give one any more. */
  giveUp(): void
}

export function createPassphraseDesk(show: (wrong: number) => void): PassphraseDesk {
  let asked: PromiseWithResolvers<string> | undefined
  return {
    ask(wrong) {
      asked = Promise.withResolvers()
      show(wrong)
      return asked.promise
    },
    give: passphrase => asked?.resolve(passphrase),
    giveUp: () => asked?.reject(new Error('another tab goes on'))
  }
}
