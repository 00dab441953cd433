/** Small things this browser remembers for one profile: drafts, the theme, the last known bootstrap list. Never secrets. */
export interface Memory {
  get(name: string): string | undefined
  /** Forgets the value when it is undefined. */
  set(name: string, value: string | undefined): void
}

/** On `localStorage`; where the browser refuses that (private windows, no space left) nothing is remembered. */
export function createMemory(profile: string): Memory {
  const keyOf = (name: string): string => `starling/${profile}/${name}`
  return {
    get: name => quietly(() => localStorage.getItem(keyOf(name)) ?? undefined),
    set(name, value) {
      quietly(() => {
        if (value === undefined) localStorage.removeItem(keyOf(name))
        else localStorage.setItem(keyOf(name), value)
      })
    }
  }
}

function quietly<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}
