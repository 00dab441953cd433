import { askOnce, type IdentityVault } from '../../core/chat/index.ts'
import { UsageError } from '../exits.ts'
import { ok, type Reply } from './reply.ts'
import { optionalText, readBody, textField } from './request-body.ts'
import type { Call, Route } from './route.ts'

type Body = Readonly<Record<string, unknown>>
type Answer = (vault: IdentityVault, body: Body) => Promise<Reply>

const ANSWERS: readonly (readonly [path: string, answer: Answer])[] = [
  [
    '/v1/id/passphrase',
    async (vault, body) => {
      await vault.setPassphrase(optionalText(body, 'next'), askOnce(optionalText(body, 'current')))
      return ok({ protected: await vault.isProtected() })
    }
  ],
  [
    '/v1/id/export',
    async (vault, body) => {
      const passphrase = textField(body, 'passphrase')
      return ok(await vault.exportIdentity(passphrase, askOnce(optionalText(body, 'current'))))
    }
  ],
  ['/v1/id/phrase', async (vault, body) => ok({ phrase: await vault.phrase(askOnce(optionalText(body, 'current'))) })]
]

/** What gives secrets away, or bars the way to them: on the socket only, which is this user's own, and never on a port. */
export function vaultRoutes(vault: IdentityVault | undefined): readonly Route[] {
  const here = (): IdentityVault => {
    if (vault === undefined) throw new UsageError('a relay has no identity: use another --data')
    return vault
  }
  return [
    {
      method: 'GET',
      path: '/v1/id/protection',
      access: 'token',
      run: async () => ok({ protected: await here().isProtected() })
    },
    ...ANSWERS.map(([path, answer]): Route => ({
      method: 'POST',
      path,
      access: 'token',
      run: async ({ request }: Call) => answer(here(), await readBody(request))
    }))
  ]
}
