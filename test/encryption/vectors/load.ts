const files = import.meta.glob<readonly object[]>('./*.json', { import: 'default' })

/** The vectors of one file beside this one, at least one, in the form that the caller knows. */
export async function loadVectors<T extends object>(name: string): Promise<readonly T[]> {
  const vectors = await files[`./${name}.json`]?.()
  if (vectors === undefined || vectors.length === 0) throw new Error(`no vectors ${name}`)
  return vectors as readonly T[]
}
