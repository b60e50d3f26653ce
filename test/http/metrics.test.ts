/** What `/metrics` says of the work that was done: each figure of something that really happened. */
import { describe, expect, it } from 'vitest'
import { routeOf } from '../../src/http/route.ts'
import { serveUnidex } from '../support/serving.ts'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'

async function setUp() {
  const pypi = await simpleUpstream({ acme: [upstreamFile('acme-1.0.tar.gz'), upstreamFile('acme-1.1.tar.gz')] })
  const served = await serveUnidex({
    upstreams: { pypi: { url: pypi.url } },
    indexes: { default: { upstreams: ['pypi'], rules: [{ projects: ['acme'], versions: '<1.1' }] } },
  })
  const { origin } = served
  const ask = async (path: string) => {
    const response = await fetch(origin + path)
    await response.arrayBuffer()
    return response.status
  }
  const metrics = async () => (await fetch(`${origin}/metrics`)).text()
  /** One figure of it; undefined: there is none. */
  const figure = async (name: string) => {
    const line = (await metrics()).split('\n').find((each) => each.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length))
  }
  const address = (filename: string) => `/files/pypi/${new URL(pypi.url).host}/files/${filename}`
  return { ...served, pypi, ask, metrics, figure, address }
}

describe('/metrics', () => {
  it('is text that Prometheus reads', async () => {
    const { origin } = await setUp()
    const response = await fetch(`${origin}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store')
    for (const line of (await response.text()).trimEnd().split('\n'))
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z\d_]+ .+|[a-z\d_]+(?:\{(?:[a-z]+="[^"]*",?)+\})? [-+.\deInf]+)$/)
  })

  it('counts requests by what they asked for and what they got', async () => {
    const { ask, figure, address } = await setUp()
    await ask('/simple/')
    await ask('/simple/acme/')
    await ask('/simple/missing/')
    await ask(address('acme-1.0.tar.gz'))
    await ask(address('acme-1.1.tar.gz'))
    await ask('/')
    expect(await figure('unidex_requests_total{route="list",status="200"}')).toBe(1)
    expect(await figure('unidex_requests_total{route="page",status="200"}')).toBe(1)
    expect(await figure('unidex_requests_total{route="page",status="404"}')).toBe(1)
    expect(await figure('unidex_requests_total{route="file",status="200"}')).toBe(1)
    expect(await figure('unidex_requests_total{route="file",status="403"}')).toBe(1)
    expect(await figure('unidex_requests_total{route="people",status="200"}')).toBe(1)
    expect(await figure('unidex_request_seconds_count{route="page"}')).toBe(2)
  })

  it('counts pages by where they came from, also those that are at hand', async () => {
    const { ask, figure, clock } = await setUp()
    for (let i = 0; i < 4; i += 1) await ask('/simple/acme/')
    await ask('/simple/acme/?format=application/vnd.pypi.simple.v1%2Bjson')
    clock.forward(61_000)
    await ask('/simple/acme/')
    // The last one is asked for again behind.
    expect(await figure('unidex_pages_total{from="at_hand"}')).toBe(4)
    expect(await figure('unidex_pages_total{from="kept"}')).toBe(1)
    expect(await figure('unidex_pages_total{from="merged"}')).toBe(1)
    expect(await figure('unidex_requests_total{route="page",status="200"}')).toBe(6)
    expect(await figure('unidex_request_seconds_count{route="page"}')).toBe(6)
  })

  it('says what upstreams answered, how much, and that one is left alone until it is back', async () => {
    const { ask, figure, address, pypi, clock } = await setUp()
    await ask(address('acme-1.0.tar.gz'))
    expect(await figure('unidex_upstream_outcomes_total{upstream="pypi",kind="page",outcome="page"}')).toBe(1)
    expect(await figure('unidex_upstream_outcomes_total{upstream="pypi",kind="file",outcome="file"}')).toBe(1)
    expect(await figure('unidex_upstream_seconds_count{upstream="pypi",kind="file"}')).toBe(1)
    expect(await figure('unidex_fetched_bytes_total{upstream="pypi"}')).toBeGreaterThan('acme-1.0.tar.gz'.length)
    expect(await figure('unidex_upstream_left_alone{upstream="pypi"}')).toBe(0)
    expect(await figure('unidex_alarms_total{level="warn"}')).toBe(0)

    await pypi.stop()
    clock.forward(3_600_000)
    await ask('/simple/acme/')
    await ask('/simple/other/')
    expect(await figure('unidex_upstream_outcomes_total{upstream="pypi",kind="page",outcome="connect"}')).toBe(1)
    expect(await figure('unidex_upstream_left_alone{upstream="pypi"}')).toBe(1)
    expect(await figure('unidex_upstream_answers_total{upstream="pypi",from="stale"}')).toBe(1)
    expect(await figure('unidex_events_total{level="warn",event="served_stale"}')).toBe(1)
    expect(await figure('unidex_alarms_total{level="warn"}')).toBeGreaterThan(2)
  })

  it('names no project, no file and no address that a client made up', async () => {
    const { ask, metrics, address } = await setUp()
    await ask('/simple/acme/')
    await ask(address('acme-1.0.tar.gz'))
    await ask('/made-up/simple/acme/')
    await ask('/made-up/secret')
    expect(await metrics()).not.toMatch(/acme|made-up|secret|127\.0\.0\.1/)
  })
})

describe('what a path asks for', () => {
  it.each([
    ['/simple/', 'list'],
    ['/team/simple', 'list'],
    ['/simple/acme/', 'page'],
    ['/team@2026-01-01/simple/Acme', 'page'],
    ['/files/pypi/host/acme-1.0.whl', 'file'],
    ['/team/files/pypi/host/simple/acme-1.0.whl.asc', 'file'],
    ['/files/pypi/host/acme-1.0.whl.metadata', 'metadata'],
    ['/', 'people'],
    ['/projects/acme', 'people'],
    ['/team/projects/acme', 'people'],
    ['/-/rules', 'people'],
    ['/pypi/acme/json', 'json'],
    ['/team/pypi/acme/1.0/json', 'json'],
    ['/acme/json', 'json'],
    ['/simple/acme/json', 'json'],
    ['/simple/json', 'page'],
    ['/projects/json', 'people'],
    ['/files/pypi/host/json', 'file'],
    ['/json', 'other'],
    ['/metrics', 'other'],
    ['/simple/acme/1.0', 'other'],
  ] as const)('%s: %s', (path, route) => {
    expect(routeOf(path)).toBe(route)
  })
})
