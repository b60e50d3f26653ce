/** The rules file and the environment, read once into one typed value. */
import type { Place, Policy, UpstreamPolicy } from '../merge/policy.ts'
import type { ProjectName } from '../simple/name.ts'
import type { Auth, SecretSource } from '../upstream/credentials.ts'

export type { Auth, SecretSource } from '../upstream/credentials.ts'

/** Another address of an upstream. */
export interface MirrorConfig {
  /** Base URL of its simple index, ending in `/`, without userinfo. */
  readonly url: string
  /** Below `at` it has what the upstream has below `of`; each ends in `/`. Nothing else is fetched from it. */
  readonly bases: readonly { readonly at: string; readonly of: string }[]
  readonly auth?: Auth
}

/** An upstream, with everything that is needed to ask it. */
export interface UpstreamConfig extends UpstreamPolicy {
  /** Base URL of its simple index, ending in `/`, without userinfo. */
  readonly url: string
  readonly auth?: Auth
  /** Further request headers. */
  readonly headers: readonly { readonly name: string; readonly value: SecretSource }[]
  /** File with certificates (PEM) to trust beside the system's. */
  readonly ca?: string
  /** Statuses that mean "has no such project", beside 404 and 410. */
  readonly absentOn: readonly number[]
  /** A page without files means "has no such project". */
  readonly emptyIsAbsent: boolean
  readonly format: 'auto' | 'json' | 'html'
  /** How long its pages are fresh, whatever it says, in ms. */
  readonly freshForMs?: number
  /** `through`: files pass through us. `redirect`: clients are sent to the upstream for them. */
  readonly deliver: 'through' | 'redirect'
  /** Limit for the first byte and for a whole page, in ms. */
  readonly timeoutMs: number
  /** Its other addresses, as they are written. */
  readonly mirrors: readonly MirrorConfig[]
  /** Address of a list that names further ones. */
  readonly mirrorsFrom?: string
}

/** What a rules file means, whole and valid. */
export interface Config {
  /** The file, or `built-in` where there is none. */
  readonly source: string
  readonly upstreams: ReadonlyMap<string, UpstreamConfig>
  readonly policy: Policy
  /** Expectations that cannot be judged from the file alone; those that can were judged when it was read. */
  readonly expectations: readonly {
    readonly index: string
    readonly project: ProjectName
    readonly upstream: string
    readonly place: Place
  }[]
  /** Indexes whose clients may be anyone, although an upstream of theirs needs a secret. */
  readonly openIndexes: ReadonlySet<string>
  /** `Host` headers that are answered beside loopback ones, lower case, without port. */
  readonly hosts: readonly string[]
  /** The address under which clients reach the server, ending in `/`: for links that cannot be relative. */
  readonly servedAt?: string
  /** Addresses of servers that publish their download counts, each ending in `/`, each once. */
  readonly peers: readonly string[]
  /** How long a page of a public upstream is given while the upstream fails, in ms. */
  readonly staleForMs: number
  /** What is accepted with a sigh, each one line. */
  readonly warnings: readonly string[]
}

/** The rules file, or something that it names, is wrong. `message` has one line a fault: file:line:column, what is wrong, what would be right. */
export class CheckError extends Error {
  override readonly name = 'CheckError'
}
