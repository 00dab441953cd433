import { errorMessage } from '../../core/bytes/index.ts'
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

type Loaded<P> = { readonly Part: ComponentType<P> } | { readonly problem: string }

/** A part of the app whose program is loaded when it is first shown. */
export function onDemand<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let known: ComponentType<P> | undefined
  return function OnDemand(props: P) {
    const [loaded, setLoaded] = useState<Loaded<P> | undefined>(known && { Part: known })
    useEffect(() => {
      if (known !== undefined) return
      load().then(
        Part => {
          known = Part
          setLoaded({ Part })
        },
        (thrown: unknown) => setLoaded({ problem: errorMessage(thrown) })
      )
    }, [])
    if (loaded === undefined) return <main class="pane" aria-busy="true" />
    if ('Part' in loaded) return <loaded.Part {...props} />
    return (
      <main class="pane empty-pane">
        <p role="alert">This page could not be loaded ({loaded.problem}). Go back, and open it again.</p>
      </main>
    )
  }
}
