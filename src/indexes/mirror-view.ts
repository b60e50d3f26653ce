/** The addresses of an upstream as they stand at this moment, for people: in which order they are asked, and why. */
import { inOrder, type Member } from './mirror-member.ts'

export interface MirrorView {
  readonly url: string
  /** Its address without scheme. */
  readonly label: string
  /** The upstream's own address. */
  readonly isOwn: boolean
  /** Somebody else's list names it. */
  readonly isListed: boolean
  /** `down` is not asked, but now and then. `behind` is asked when no other can say. */
  readonly state: 'ready' | 'behind' | 'down'
  /** Why it is `behind` or `down`, without secrets. */
  readonly why?: string
  /** Moving average of the time that a page takes; absent: nobody asked it yet. */
  readonly latencyMs?: number
}

/** In the order in which they are asked for a page; those that are down are last. */
export function viewMirrors(members: readonly Member[], options: { readonly ownFirst: boolean }): MirrorView[] {
  const { order } = inOrder(members, options)
  const left = members.filter((member) => !order.includes(member))
  return Array.from([...order, ...left], (member) => {
    const { url, label, isOwn, isListed, health } = member
    const latencyMs = health.latencyMs()
    const error = health.lastError()
    const why = error?.message ?? member.mark()
    return {
      url,
      label,
      isOwn,
      isListed,
      state: error !== undefined ? 'down' : why !== undefined ? 'behind' : 'ready',
      ...(why !== undefined && { why }),
      ...(latencyMs !== undefined && { latencyMs }),
    }
  })
}
