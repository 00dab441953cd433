/** What a member's avatar looks like: choices and hues in degrees. */
export interface Bird {
  readonly shape: number
  readonly mirrored: boolean
  readonly pattern: number
  readonly ground: number
  readonly plumage: number
  readonly wing: number
}

/** Hues that can be told apart at 20 px. */
const HUES = 12
const SHAPES = 6
const PATTERNS = 4

/** Every digit of the id counts, so that two ids that begin or end alike look as different as any two. */
export function birdOf(member: string): Bird {
  const draw = drawFrom(member)
  const ground = draw(HUES)
  // At least a quarter of the colour circle away from the ground, so that the bird stands out.
  const plumage = ground + 3 + draw(HUES - 5)
  const wing = plumage + 2 + draw(HUES - 3)
  return {
    shape: draw(SHAPES),
    mirrored: draw(2) === 1,
    pattern: draw(PATTERNS),
    ground: hueOf(ground),
    plumage: hueOf(plumage),
    wing: hueOf(wing)
  }
}

/** The colour of a member's name: the bird's plumage. */
export function nameHue(member: string): number {
  return birdOf(member).plumage
}

function hueOf(step: number): number {
  return ((step * 360) / HUES + 15) % 360
}

/** FNV-1a (32 bits) stirred after each draw: no secret hangs on it, ids are public and already random. */
function drawFrom(text: string): (choices: number) => number {
  let state = 0x811c9dc5
  for (const letter of text) stir(letter.charCodeAt(0))
  return choices => {
    stir(choices)
    return ((state ^ (state >>> 15)) >>> 0) % choices
  }

  function stir(value: number): void {
    state = Math.imul(state ^ value, 0x01000193)
    state ^= state >>> 13
  }
}
