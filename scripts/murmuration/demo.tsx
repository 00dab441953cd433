// The network page with synthetic peers: `?peers=200`. `npm run murmuration` opens it; nothing here goes online.
import { render } from 'preact'
import { createMemory } from '../../src/browser/memory.ts'
import { ownIdentity } from '../../src/browser/own-identity.ts'
import { createSession } from '../../src/browser/state/session.ts'
import '../../src/browser/styles/base.css'
import { Workspace } from '../../src/browser/ui/workspace.tsx'
import { createPlainPeer } from '../../test/browser/plain-peer.ts'
import { memoryStorage } from '../../test/support/memory-storage.ts'
import { PLAIN_REPORT } from '../../test/browser/plain-report.ts'
import { later, syntheticPeers } from './synthetic-peers.ts'

const size = Number(new URLSearchParams(location.search).get('peers') ?? 12)
const peer = createPlainPeer('Anna')
peer.addRoom('The roof garden', [{ by: 'Bo', text: 'Look up!' }])
let peers = syntheticPeers(size)
let second = 0
const relays = peers
  .filter(({ nicks }) => nicks === undefined)
  .map(({ peer: relay, address }) => ({ peer: relay, address }))
peer.setStatus({ peer: 'me', peers, relays, rooms: peer.rooms().map(room => ({ ...room, toTalk: 840 })) })
setInterval(() => {
  peers = later(peers, second++)
  peer.setStatus({ peers })
}, 1000)

if (location.hash === '') history.replaceState(null, '', '#/network')
const root = document.getElementById('app')
const own = ownIdentity(memoryStorage(), () => [])
const session = createSession(peer, createMemory('murmuration'), { own, examine: async () => PLAIN_REPORT })
if (root !== null) render(<Workspace session={session} />, root)
