import type { Memory } from './memory.ts'

export type Theme = 'system' | 'light' | 'dark'

const NAME = 'theme'

export function chosenTheme(memory: Memory): Theme {
  const stored = memory.get(NAME)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

export function chooseTheme(memory: Memory, theme: Theme): void {
  memory.set(NAME, theme === 'system' ? undefined : theme)
  applyTheme(memory)
}

export function applyTheme(memory: Memory): void {
  document.documentElement.dataset['theme'] = chosenTheme(memory)
}
