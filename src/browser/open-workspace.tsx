import type { ComponentType } from 'preact'
import { errorMessage } from '../core/bytes/index.ts'
import type { AskPassphrase, IdentityVault } from '../core/chat/index.ts'
import type { Memory } from './memory.ts'
import { startPeer } from './start-peer.ts'
import { createSession, type Session } from './state/session.ts'
import { Workspace } from './ui/workspace.tsx'

export interface OpenWorkspace {
  readonly session: Session
  readonly Workspace: ComponentType<{ session: Session }>
  /** This member has chosen a nickname. */
  readonly isNamed: boolean
  readonly vault: IdentityVault
  stop(): Promise<void>
}

export async function openWorkspace(profile: string, memory: Memory, ask: AskPassphrase): Promise<OpenWorkspace> {
  const running = await startPeer(profile, memory, ask)
  const session = createSession(running.peer, memory, running)
  running.online.catch((thrown: unknown) => {
    const text = `This tab could not go online: ${errorMessage(thrown)}. Load the page again to try once more.`
    session.notices.value = [...session.notices.value, { code: 'offline', text }]
  })
  return {
    session,
    Workspace,
    isNamed: running.peer.me().named,
    vault: running.own.vault,
    async stop() {
      session.stop()
      await running.stop()
    }
  }
}
