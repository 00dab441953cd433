/** The colours of the picture, for either theme and for forced colours. */
export interface Palette {
  readonly line: string
  readonly relayLine: string
  readonly ring: string
  readonly text: string
  readonly halo: string
  readonly focus: string
  readonly beak: string
  /** In the middle, and at the edge. */
  readonly glow: readonly [string, string]
  /** Of the bird with this hue; `near`: reached directly. */
  body(hue: number, near: boolean): string
  wing(hue: number, near: boolean): string
}

const LIGHT: Palette = {
  line: 'oklch(0.55 0.15 288)',
  relayLine: 'oklch(0.6 0.06 288)',
  ring: 'oklch(0.5 0.06 288 / 0.16)',
  text: 'oklch(0.27 0.03 290)',
  halo: 'oklch(0.985 0.008 290 / 0.9)',
  focus: 'oklch(0.47 0.19 288)',
  beak: 'oklch(0.74 0.15 70)',
  glow: ['oklch(0.7 0.14 288 / 0.3)', 'oklch(0.7 0.14 288 / 0)'],
  body: (hue, near) => (near ? `oklch(0.42 0.13 ${hue})` : `oklch(0.58 0.05 ${hue})`),
  wing: (hue, near) => (near ? `oklch(0.58 0.14 ${hue + 25})` : `oklch(0.7 0.05 ${hue + 25})`)
}

const DARK: Palette = {
  line: 'oklch(0.74 0.13 288)',
  relayLine: 'oklch(0.62 0.06 288)',
  ring: 'oklch(0.85 0.06 288 / 0.15)',
  text: 'oklch(0.93 0.01 290)',
  halo: 'oklch(0.17 0.02 290 / 0.85)',
  focus: 'oklch(0.82 0.12 288)',
  beak: 'oklch(0.8 0.14 75)',
  glow: ['oklch(0.75 0.14 288 / 0.28)', 'oklch(0.75 0.14 288 / 0)'],
  body: (hue, near) => (near ? `oklch(0.8 0.13 ${hue})` : `oklch(0.58 0.05 ${hue})`),
  wing: (hue, near) => (near ? `oklch(0.66 0.15 ${hue + 25})` : `oklch(0.48 0.05 ${hue + 25})`)
}

/** A few system colours are all there is: near and far differ by size, and by a broken line. */
const FORCED: Palette = {
  line: 'CanvasText',
  relayLine: 'GrayText',
  ring: 'GrayText',
  text: 'CanvasText',
  halo: 'Canvas',
  focus: 'Highlight',
  beak: 'CanvasText',
  glow: ['Canvas', 'Canvas'],
  body: () => 'CanvasText',
  wing: (_, near) => (near ? 'CanvasText' : 'GrayText')
}

/** The palette of now; `changed` is called when it becomes another, until the signal aborts. */
export function followPalette(changed: () => unknown, signal: AbortSignal): { current(): Palette } {
  let palette = choose()
  const again = (): void => {
    palette = choose()
    changed()
  }
  for (const query of [DARK_WANTED, FORCED_COLOURS]) matchMedia(query).addEventListener('change', again, { signal })
  const themed = new MutationObserver(again)
  themed.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  signal.addEventListener('abort', () => themed.disconnect())
  return { current: () => palette }
}

const DARK_WANTED = '(prefers-color-scheme: dark)'
const FORCED_COLOURS = '(forced-colors: active)'

function choose(): Palette {
  if (matchMedia(FORCED_COLOURS).matches) return FORCED
  const { theme } = document.documentElement.dataset
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia(DARK_WANTED).matches)
  return dark ? DARK : LIGHT
}
