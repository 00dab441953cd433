import { UnavailableError } from '../../bytes/index.ts'
import type { Reach } from '../reach.ts'
import { createAddressTrials } from './address-trials.ts'
import type { Connections } from './connections.ts'
import { shakeHands, type Components } from './handshake.ts'
import type { Libp2pNetworkOptions } from './options.ts'
import { serveReach } from './reach-server.ts'
import type { Scope } from './scope.ts'
import { createWitnesses, lookOver } from './witnesses.ts'

export interface RunningReach extends Reach {
  wake(): void
  stop(): void
}

/** How this peer looks from outside; one that carries others tells them the same about themselves. */
export function createReach(
  scope: Scope,
  components: Components,
  connections: Connections,
  options: Libp2pNetworkOptions
): RunningReach {
  const witnesses = createWitnesses(scope, connections)
  const trials = createAddressTrials(scope, components, witnesses)
  const stopServing = options.relayServer ? serveReach(scope, components, options.sendPacket) : undefined
  return {
    witnesses: witnesses.all,
    look: (witness, signal) => lookOver(scope.clock, () => witnesses.ask(witness, { kind: 'look' }, signal)),
    async packet(witness, port, transaction, signal) {
      const { outcome } = await witnesses.ask(witness, { kind: 'packet', port, transaction }, signal)
      if (outcome === 'busy') throw new UnavailableError('this relay was asked too often: try again in a minute')
      return outcome === 'done'
    },
    addresses: trials.all,
    check: trials.check,
    mapped: trials.mapped,
    dial: (address, signal) => shakeHands(components, address, signal),
    async stranger() {
      const { createStranger } = await import('./stranger.ts')
      return createStranger(options, scope.strangers)
    },
    wake: trials.wake,
    stop() {
      trials.stop()
      stopServing?.()
    }
  }
}
