export interface Sighting {
  readonly peer: string
  /** The relay is on the internet. */
  readonly isOutside: boolean
  /** The host at which it sees this peer, and whether that is on the internet. */
  readonly seen: string | undefined
  readonly isSeenOutside: boolean
}

/** Where relays see this peer, and what of it cannot be: a relay may lie, or stand within the same network. */
export function judgeSightings(sightings: readonly Sighting[]): { hosts: string[]; warnings: string[] } {
  const warnings = sightings.flatMap(sighting => implausible(sighting) ?? [])
  const plausible = sightings.filter(sighting => implausible(sighting) === undefined && sighting.seen !== undefined)
  const families = Map.groupBy(plausible, ({ seen }) => seen?.includes(':') ?? false)
  const judged = [...families.values()].map(judgeFamily)
  return {
    hosts: judged.flatMap(({ hosts }) => hosts),
    warnings: [...warnings, ...judged.flatMap(family => family.warnings)]
  }
}

function implausible({ peer, isOutside, seen, isSeenOutside }: Sighting): string | undefined {
  if (seen === undefined) return `Relay ${short(peer)} does not say where it sees this peer: it is not asked further.`
  if (isOutside && !isSeenOutside) {
    return `Relay ${short(peer)} on the internet claims to see this peer at ${seen}, which is no address of the internet: it is not believed.`
  }
  return undefined
}

function judgeFamily(sightings: readonly Sighting[]): { hosts: string[]; warnings: string[] } {
  const outside = sightings.filter(({ isOutside }) => isOutside)
  const byHost = [...Map.groupBy(outside.length > 0 ? outside : sightings, ({ seen }) => seen ?? '')]
  const [first, second] = byHost.sort(([, a], [, b]) => b.length - a.length)
  if (first === undefined) return { hosts: [], warnings: [] }
  const [host, believers] = first
  if (second === undefined) return { hosts: [host], warnings: [] }
  const odd = byHost.slice(1).flatMap(([other, peers]) => peers.map(({ peer }) => `${short(peer)} says ${other}`))
  if (believers.length > second[1].length) {
    return {
      hosts: [host],
      warnings: [`Most relays see this peer at ${host}, but ${odd.join(', ')}: that is not believed.`]
    }
  }
  return {
    hosts: byHost.map(([each]) => each),
    warnings: [
      `Relays disagree about this peer’s public address: ${short(believers[0]?.peer ?? '')} says ${host}, ${odd.join(', ')}. ` +
        'Either one of them is wrong, or your network leaves by several addresses; a third relay would tell.'
    ]
  }
}

/** Enough of a PeerId to tell relays apart; the first characters are the same for all. */
export function short(peer: string): string {
  return peer.length > 12 ? `…${peer.slice(-8)}` : peer
}
