/** Remembers when files came that do not say it themselves, where a cooldown must know or pages are to say it. */
import type { Part } from '../merge/decide.ts'
import type { UpstreamPolicy } from '../merge/policy.ts'
import { cooldownOf } from '../merge/rules/cooldown.ts'
import type { State } from '../store/state.ts'
import type { AskPlan } from './hear.ts'

/** `now` in ms since the epoch. @throws StateError where it can be neither read nor remembered */
export function seeFiles(
  { project, settings }: AskPlan,
  parts: readonly Part[],
  {
    upstreams,
    state,
    now,
  }: { readonly upstreams: ReadonlyMap<string, UpstreamPolicy>; readonly state: State; readonly now: number },
): void {
  for (const { upstream, page } of parts) {
    const policy = upstreams.get(upstream)
    if (cooldownOf(settings, policy) === 0 && policy?.uploadTimes !== 'first-seen') continue
    const ageless = page.files.filter(({ uploadTime }) => uploadTime === undefined)
    // A page of ages costs nothing; one that has no files yet is where the first of them will be new.
    if (ageless.length === 0 && page.files.length > 0) continue
    state.see(
      upstream,
      project,
      ageless.map(({ filename }) => filename),
      now,
    )
  }
}
