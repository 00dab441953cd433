import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

type Loaded<P> = { readonly Part: ComponentType<P> } | 'failed'

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
        () => setLoaded('failed')
      )
    }, [])
    if (loaded === undefined) return <main class="pane" aria-busy="true" />
    if (loaded !== 'failed') return <loaded.Part {...props} />
    return (
      <main class="pane empty-pane">
        <p role="alert">
          This page could not be loaded: whoever serves it does not answer. Go back, and open it again later.
        </p>
      </main>
    )
  }
}
