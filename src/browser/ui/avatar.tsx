import { birdOf, type Bird } from './bird.ts'

/** A member's bird, drawn from the member id, so that an impostor of the same name looks different. */
export function Avatar({ member, size = 36, label }: { member: string; size?: number; label?: string }) {
  const bird = birdOf(member)
  const accessible = label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label }
  return (
    <svg class="avatar" viewBox="0 0 40 40" width={size} height={size} {...accessible}>
      <rect width="40" height="40" rx="12" fill={colour(0.88, 0.065, bird.ground)} />
      <g transform={bird.mirrored ? 'translate(40 0) scale(-1 1)' : undefined}>
        <Shape bird={bird} />
      </g>
    </svg>
  )
}

interface Drawing {
  readonly body: string
  readonly wing: string
  /** Middle of the wing, and the angle at which its feathers lie. */
  readonly pattern: readonly [x: number, y: number, angle: number]
  readonly beak: string
  readonly eyes: readonly (readonly [x: number, y: number])[]
}

/** Six birds of arcs and straight lines, looking right. */
const DRAWINGS: readonly [Drawing, ...Drawing[]] = [
  {
    body: 'M4 33 15 22c0-9 5-14 12-14a7.5 7.5 0 0 1 7 8c0 11-8 17-18 17-2 0-4-1-5-2z',
    wing: 'M12 27c1-7 6-11 14-11 0 7-5 12-14 11z',
    pattern: [18.5, 22, -35],
    beak: 'M33 11.5 39 14l-5.5 2.5z',
    eyes: [[28.5, 13.5]]
  },
  {
    body: 'M3 24c8-1 12-4 18-4 7 0 9-5 13-5l-2 8c-3 6-8 8-14 8-7 0-11-3-15-7z',
    wing: 'M13 22C12 13 16 7 24 4c2 8 1 14-2 18z',
    pattern: [19.5, 14, 60],
    beak: 'M33 15.2 39 18l-6 2z',
    eyes: [[29.5, 18.3]]
  },
  {
    body: 'M8 37c-2-9-1-17 2-22a10.5 10.5 0 0 1 20 0c3 5 4 13 2 22z',
    wing: 'M12 36c-2-8 1-13 8-13s10 5 8 13z',
    pattern: [20, 29.5, 0],
    beak: 'M17.5 18h5L20 22.5z',
    eyes: [
      [15, 14.5],
      [25, 14.5]
    ]
  },
  {
    body: 'M6 37 16 19C17 9 22 5 28 5a6.5 6.5 0 0 1 6 8c-1 3-2 5-2 8 0 7-6 10-13 10z',
    wing: 'M10 33c2-9 7-14 16-14 1 7-5 12-11 12z',
    pattern: [17.5, 26.5, -50],
    beak: 'M33 8 40 9.5 33.5 13z',
    eyes: [[28.5, 10.5]]
  },
  {
    body: 'M2 15c7 0 10 2 14 2 3-4 7-6 11-6 5 0 8 4 8 9 0 9-7 14-15 14S6 27 2 15z',
    wing: 'M9 20c6-1 12 0 16 3-3 6-12 6-16-3z',
    pattern: [16.5, 22.5, 20],
    beak: 'M34 16.5 40 19.5 34.5 22z',
    eyes: [[29.5, 17]]
  },
  {
    body: 'M20 3c9 5 13 12 11 20-1 7-6 11-12 12l-6 3 1-5C8 26 9 12 20 3z',
    wing: 'M20 9c5 5 6 10 4 16-2 4-5 6-8 7-2-8-1-16 4-23z',
    pattern: [21.5, 20.5, -65],
    beak: 'M13 32 8.5 39 16 35z',
    eyes: []
  }
]

function Shape({ bird }: { bird: Bird }) {
  const { body, wing, pattern, beak, eyes } = DRAWINGS[bird.shape % DRAWINGS.length] ?? DRAWINGS[0]
  const [x, y, angle] = pattern
  const dark = colour(0.42, 0.11, bird.plumage)
  return (
    <>
      <path d={body} fill={dark} />
      <path d={beak} fill={colour(0.74, 0.16, 66)} />
      <path d={wing} fill={colour(0.76, 0.13, bird.wing)} />
      <path
        d={PATTERNS[bird.pattern % PATTERNS.length] ?? ''}
        transform={`translate(${x} ${y}) rotate(${angle})`}
        stroke={dark}
        {...INK}
      />
      {eyes.map(([left, top]) => (
        <g key={left}>
          <circle cx={left} cy={top} r="2.4" fill="#fff" />
          <circle cx={left + 0.5} cy={top} r="1.3" fill="#111" />
        </g>
      ))}
    </>
  )
}

const INK = { fill: 'none', 'stroke-width': 1.4, 'stroke-linecap': 'round' } as const
/** Plain, bars, dots (round-capped lines of no length), chevrons. */
const PATTERNS = [
  '',
  'M-3-3h6M-3 0h6M-3 3h6',
  'M-3-2h0M0-2h0M3-2h0M-1.5 1h0M1.5 1h0M0 4h0',
  'M-3-3l3 2 3-2M-3 0.5l3 2 3-2'
] as const

function colour(lightness: number, chroma: number, hue: number): string {
  return `oklch(${lightness} ${chroma} ${hue})`
}
