/** A (whom we trust, and who fails) above B (who offers the same name in a higher version), and Unidex between them and us. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { openDiskFileStore } from '../../src/store/disk-file-store.ts'
import type { PageStore } from '../../src/store/page-store.ts'
import {
  answer,
  type HostileUpstream,
  JSON_TYPE,
  openHostileUpstream,
  type Scenario,
  type Site,
  type Step,
} from '../support/hostile-upstream.ts'
import { memoryPageStore } from '../support/memory-page-store.ts'
import type { Certificates } from '../support/tls.ts'
import { startUnidex, type TestUnidex } from '../support/unidex.ts'
import { SECRET, SECRET_PLACES, type SecretPlace, secretIn } from './canaries.ts'
import { faultsOfStore, storedBytes } from './check-store.ts'

/** What is wrong with a server, as data. */
export type Fault =
  | readonly Step[]
  | Scenario
  /** Nobody listens. */
  | { readonly refused: true }
  /** What the resolver says; `nothing`: it never answers. */
  | { readonly lookup: string }
  /** Behind a TLS that is wrong, or without any. */
  | { readonly tls: 'expired' | 'wrongHost' | 'selfSigned' | 'none'; readonly steps: readonly Step[] }

export type Role = 'private' | 'public'

export const GOOD = 'acme-1.0-py3-none-any.whl'
export const STRANGE = 'acme-9.9.9-py3-none-any.whl'
export const GOOD_BYTES = Buffer.from('the bytes of A')
export const STRANGE_BYTES = Buffer.from('the bytes of a stranger')

export function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** An entry of a page in JSON, right in everything. */
export function entry(filename: string, bytes: Buffer, more: object = {}): Record<string, unknown> {
  return { filename, url: `/files/${filename}`, hashes: { sha256: sha256(bytes) }, size: bytes.length, ...more }
}

export function page(files: readonly unknown[], more: object = {}): string {
  return JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'acme', versions: [], files, ...more })
}

/** The answer with a page in JSON, on a connection that ends with it. */
export function pageAnswer(body: string | Buffer, headers: Readonly<Record<string, string | undefined>> = {}): Buffer {
  return answer(200, { 'content-type': JSON_TYPE, connection: 'close', ...headers }, body)
}

export function fileAnswer(bytes: Buffer): Buffer {
  return answer(200, { connection: 'close', etag: `"${sha256(bytes).slice(0, 8)}"` }, bytes)
}

/** A as it should be. It has no list of its projects. */
export const GOOD_SITE: Site = {
  '/simple/acme/': pageAnswer(page([entry(GOOD, GOOD_BYTES)]), { etag: '"good"' }),
  [`/files/${GOOD}`]: fileAnswer(GOOD_BYTES),
}

const STRANGE_SITE: Site = {
  '/simple/': pageAnswer('{"meta":{"api-version":"1.0"},"projects":[{"name":"acme"},{"name":"control"}]}'),
  '/simple/acme/': pageAnswer(page([entry(STRANGE, STRANGE_BYTES)])),
  '/simple/control/': pageAnswer(page([entry('control-1.0.tar.gz', STRANGE_BYTES)], { name: 'control' })),
  [`/files/${STRANGE}`]: fileAnswer(STRANGE_BYTES),
  '/files/control-1.0.tar.gz': fileAnswer(STRANGE_BYTES),
}

/** What a client got. */
export interface Got {
  readonly path: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** undefined: it was cut. */
  readonly body: Buffer | undefined
  readonly ms: number
}

export interface World {
  readonly a: HostileUpstream
  readonly b: HostileUpstream
  readonly unidex: TestUnidex
  get(path: string, accept?: string): Promise<Got>
  /** A fails from now on. */
  strike(fault: Fault): Promise<void>
  /** A is as it should be. */
  heal(): Promise<void>
  /** Everything that is wrong with what was answered, said and stored so far; waits until nothing is under way. */
  faults(): Promise<string[]>
}

export interface WorldOptions {
  readonly role: Role
  /** A fails before Unidex starts. */
  readonly strickenBy?: Fault
  readonly secret?: SecretPlace
  readonly site?: Site
  readonly certificates?: Certificates | undefined
  /** A has a host name, so that there is something to resolve. */
  readonly named?: boolean
  readonly timeout?: string
  /** More of the rules file. */
  readonly rules?: readonly unknown[]
  readonly atEnd: (cleanUp: () => Promise<void>) => void
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { role, certificates, atEnd, site = GOOD_SITE } = options
  const healthy: readonly Step[] = [{ site }]
  const tls = certificates?.good
  const a = await openHostileUpstream(healthy, { tls })
  const b = await openHostileUpstream([{ site: STRANGE_SITE }])
  let resolved: string | undefined
  let isRefused = false

  async function strike(fault: Fault): Promise<void> {
    if ('refused' in fault) {
      if (!isRefused) await a.refuse()
      isRefused = true
    } else if ('lookup' in fault) resolved = fault.lookup
    else if ('tls' in fault)
      a.become(fault.steps, { tls: fault.tls === 'none' ? undefined : certificates?.[fault.tls] })
    else a.become(fault)
  }
  if (options.strickenBy !== undefined) await strike(options.strickenBy)

  const folder = await mkdtemp(join(tmpdir(), 'unidex-hostile-'))
  await writeFile(
    join(folder, 'netrc'),
    `machine other.example login x password y\ndefault login ci password ${SECRET}\n`,
  )
  const stored = recording(memoryPageStore())
  const simple = `${options.named ? a.url.replace('127.0.0.1', 'a.example') : a.url}simple/`
  const unidex = await startUnidex(
    {
      upstreams: {
        a: {
          ...SECRET_PLACES[options.secret ?? 'environment'](simple),
          private: role === 'private',
          headers: { 'X-Canary': { env: 'CANARY' } },
          timeout: options.timeout ?? '1s',
          ...(certificates && { ca: certificates.caFile }),
        },
        b: { url: `${b.url}simple/` },
      },
      indexes: {
        default: {
          upstreams: ['a', 'b'],
          rules: [{ projects: ['control'], upstreams: ['b'] }, ...(options.rules ?? [])],
        },
      },
    },
    {
      pages: stored.store,
      files: await openDiskFileStore(join(folder, 'files'), { report: () => {} }),
      environment: { CANARY: SECRET, NETRC: join(folder, 'netrc') },
      lookup: resolver(() => resolved),
      atEnd: (cleanUp) => atEnd(async () => cleanUp()),
    },
  )
  // Last, so that it is done first: nobody waits for what hangs.
  atEnd(async () => {
    await Promise.all([a.close(), b.close()])
    await unidex.unidex.current().deliverer.settled()
    await rm(folder, { recursive: true })
  })
  const got: Got[] = []

  return {
    a,
    b,
    unidex,
    async get(path, accept = JSON_TYPE) {
      const startedAt = performance.now()
      const response = await unidex.get(path, { accept })
      const body = await response.arrayBuffer().then(
        (bytes) => Buffer.from(bytes),
        () => undefined,
      )
      const one = {
        path,
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body,
        ms: performance.now() - startedAt,
      }
      got.push(one)
      return one
    },
    strike,
    async heal() {
      if (isRefused) await a.accept()
      isRefused = false
      resolved = undefined
      a.become(healthy, { tls })
      a.hangUp()
    },
    async faults() {
      const files = join(folder, 'files')
      await unidex.unidex.current().deliverer.settled()
      await vi.waitFor(async () => {
        const wrong = await faultsOfStore(files)
        if (wrong.length > 0) throw new Error(wrong.join('\n'))
      }, 5000)
      const everything = [
        ...got.map(({ headers, body }) => `${JSON.stringify(headers)}\n${body?.toString('latin1')}`),
        ...unidex.events.map((event) => JSON.stringify(event)),
        ...stored.texts,
        ...(await storedBytes(files)).map((bytes) => bytes.toString('latin1')),
      ]
      return [
        ...everything.filter((text) => secretIn(text) !== undefined).map((text) => `A secret: ${text.slice(0, 500)}`),
        ...got.filter(({ ms }) => ms > 10_000).map(({ path, ms }) => `${path} took ${ms} ms`),
        ...unidex.events.filter(({ event }) => event === 'bug').map((event) => JSON.stringify(event)),
      ]
    },
  }
}

/** Keeps every text that was stored, also what was overwritten since. */
function recording(inner: PageStore): { readonly store: PageStore; readonly texts: string[] } {
  const texts: string[] = []
  return {
    texts,
    store: {
      ...inner,
      set: (key, value) => {
        texts.push(JSON.stringify([key, value]))
        return inner.set(key, value)
      },
    },
  }
}

/** Everybody is on this machine, unless `failure` says otherwise. */
function resolver(failure: () => string | undefined): LookupFunction {
  return (_, options, done) => {
    const code = failure()
    if (code === 'nothing') return
    if (code !== undefined) done(Object.assign(new Error(code), { code }), '', 0)
    else if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
    else done(null, '127.0.0.1', 4)
  }
}
