/** How old an answer may be: the windows in which kept answers stand for the upstream. All in ms. */

export interface Windows {
  /** How long a page is fresh, given what its upstream said (undefined: nothing). */
  freshFor(lifetimeMs: number | undefined): number
  /** After freshness: given at once while it is asked for again behind. */
  readonly whileRefreshingMs: number
  /** Since it was last confirmed: given while the upstream fails in a way that may heal. */
  readonly whileFailingMs: number
  /** Since it was last confirmed: given while only an operator can mend the upstream. */
  readonly whileDeniedMs: number
  /** How long "it does not have it" holds. Never given while the upstream fails. */
  readonly absentForMs: number
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Below this age nobody asks again, whatever a client wants: requests of one moment share one question. */
export const SHARED_FOR_MS = 2 * SECOND

/** An upstream whose projects are its own: asked again every time, so that what was just published can be installed. */
export function privateWindows(): Windows {
  return {
    freshFor: () => SHARED_FOR_MS,
    whileRefreshingMs: 0,
    whileFailingMs: 7 * DAY,
    whileDeniedMs: HOUR,
    absentForMs: SHARED_FOR_MS,
  }
}

/** An upstream as PyPI is: within 60 to 600 s its own word counts, or else the operator's `freshFor`. */
export function publicWindows(options: {
  readonly freshForMs?: number | undefined
  readonly staleForMs: number
}): Windows {
  const { freshForMs, staleForMs } = options
  return {
    freshFor: (lifetimeMs = 0) => freshForMs ?? Math.min(Math.max(lifetimeMs, MINUTE), 10 * MINUTE),
    whileRefreshingMs: 5 * MINUTE,
    whileFailingMs: staleForMs,
    whileDeniedMs: HOUR,
    absentForMs: MINUTE,
  }
}

/** Those of one upstream, as it was declared. */
export function windowsFor(
  upstream: { readonly private: boolean; readonly freshForMs?: number },
  { staleForMs, offline }: { readonly staleForMs: number; readonly offline: boolean },
): Windows {
  const windows = upstream.private ? privateWindows() : publicWindows({ freshForMs: upstream.freshForMs, staleForMs })
  return offline ? offlineWindows(windows) : windows
}

/** Nobody is asked, so whatever was kept is as good as it gets. */
export function offlineWindows(inner: Windows): Windows {
  return { ...inner, whileFailingMs: Infinity, whileDeniedMs: Infinity }
}
