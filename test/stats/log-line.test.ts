/** Lines of access logs as servers write them. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineReader } from '../../src/stats/log-line.ts'
import { readLogPath } from '../../src/stats/log-path.ts'

const read = (line: string) => lineReader()(line)

const NGINX =
  '203.0.113.7 - alice [24/Nov/2026:12:00:00 +0000] "GET /packages/aa/bb/cc/tool-1.0.tar.gz HTTP/1.1" 200 1234 "-" "pip/26.3 {\\x22cpu\\x22:\\x22x86_64\\x22}"'
const DOWNLOAD = { day: '2026-11-24', path: '/packages/aa/bb/cc/tool-1.0.tar.gz', size: 1234 }

describe('a line of a log', () => {
  it('of nginx is a download with its day, path, size and user agent', () => {
    expect(read(NGINX)).toEqual({ ...DOWNLOAD, userAgent: 'pip/26.3 {\\x22cpu\\x22:\\x22x86_64\\x22}' })
  })

  it.each([
    ['of Apache, which writes backslashes', NGINX.replaceAll('\\x22', String.raw`\"`)],
    ['with a virtual host and an address of IPv6 before it', `[2001:db8::1]:443 ${NGINX}`],
    ['with more behind it', `${NGINX} "-" 0.005 HIT`],
    ['of a client of its own', NGINX.replace('alice', 'al [ice')],
  ])('is read %s', (_, line) => {
    expect(read(line)).toMatchObject(DOWNLOAD)
    expect(String(Object(read(line)).userAgent)).toMatch(/^pip\/26\.3 \{.*\}$/)
  })

  it('of the common format has no user agent and may have no size', () => {
    expect(read('10.0.0.1 - - [24/Nov/2026:12:00:00 +0000] "GET /packages/x HTTP/1.0" 200 -')).toEqual({
      day: '2026-11-24',
      path: '/packages/x',
      size: undefined,
      userAgent: '',
    })
  })

  it.each([
    ['24/Nov/2026:00:30:00 +0100', '2026-11-23'],
    ['31/Dec/2026:23:30:00 -0130', '2027-01-01'],
    ['24/Nov/2026:12:00:00 +0000', '2026-11-24'],
  ])('belongs to its day in UTC: %s', (time, day) => {
    expect(read(NGINX.replace('24/Nov/2026:12:00:00 +0000', time))).toMatchObject({ day })
  })

  it.each([
    NGINX.replace('GET', 'HEAD'),
    NGINX.replace('GET', 'POST'),
    NGINX.replace(' 200 ', ' 206 '),
    NGINX.replace(' 200 ', ' 304 '),
    NGINX.replace(/"GET.*1\.1"/, '"\\x16\\x03\\x01"').replace(' 200 ', ' 400 '),
    '# a comment',
    '',
  ])('is another answer, and no download: %.90s', (line) => {
    expect(read(line)).toBe('other')
  })

  it.each(['nonsense', NGINX.slice(0, 60), NGINX.replace('Nov', 'Foo'), '{"method":', '{"a":1}', '[24/Nov/2026'])(
    'that cannot be read says so: %.60s',
    (line) => {
      expect(read(line)).toBeUndefined()
    },
  )

  it('is read or not, and never fails, whatever it is', () => {
    const part = fc.constantFrom(...NGINX.split(/(?=["[\] ])/), '"', '\\', '[', '{')
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
        const found = read(parts.join(''))
        if (typeof found === 'object') expect(found.day).toMatch(/^\d{4}-\d\d-\d\d$/)
      }),
    )
  })
})

describe('a line of JSON', () => {
  const path = '/packages/aa/bb/cc/tool-1.0.tar.gz'
  const userAgent = 'pip/26.3'
  it.each<[string, object]>([
    [
      'Fastly',
      {
        timestamp: '2026-11-24T12:00:00+0000',
        request_method: 'GET',
        url: path,
        response_status: 200,
        response_body_size: 1234,
        request_user_agent: userAgent,
      },
    ],
    [
      'Cloudflare',
      {
        EdgeStartTimestamp: 1_795_521_600_000_000_000,
        ClientRequestMethod: 'GET',
        ClientRequestURI: path,
        EdgeResponseStatus: 200,
        EdgeResponseBodyBytes: 1234,
        ClientRequestUserAgent: userAgent,
      },
    ],
    [
      'Caddy',
      {
        ts: 1_795_521_600.25,
        request: { method: 'GET', uri: path, headers: { 'User-Agent': [userAgent] } },
        status: 200,
        size: 1234,
      },
    ],
    [
      'Google Cloud',
      {
        timestamp: '2026-11-24T12:00:00Z',
        httpRequest: { requestMethod: 'GET', requestUrl: path, status: 200, responseSize: '1234', userAgent },
      },
    ],
    [
      'nginx',
      {
        time_iso8601: '2026-11-24T12:00:00+00:00',
        request_method: 'GET',
        request_uri: path,
        status: '200',
        body_bytes_sent: '1234',
        http_user_agent: userAgent,
      },
    ],
  ])('is read as %s writes it', (_, fields) => {
    expect(read(JSON.stringify(fields))).toEqual({ ...DOWNLOAD, userAgent })
    expect(read(JSON.stringify(fields).replace('"GET"', '"HEAD"'))).toBe('other')
  })

  it.each([1_795_521_600, 1_795_521_600_000, 1_795_521_600_000_000])('has its time in any unit: %i', (time) => {
    expect(read(JSON.stringify({ time, method: 'GET', path, status: 200 }))).toMatchObject({ day: '2026-11-24' })
  })
})

describe('a path of a log', () => {
  const isPublic = (project: string, upstream: string) => project !== 'acme' && upstream !== 'corp'
  const PUBLIC = { project: 'tool', filename: 'tool-1.0.tar.gz', upstream: '', isPrivate: false }

  it.each([
    '/packages/aa/bb/0123456789abcdef/tool-1.0.tar.gz',
    '/pypi/web/packages/source/t/tool/tool-1.0.tar.gz?x=/packages/other-1.0.zip',
    'https://mirror.example.net/packages/aa/bb/tool-1.0%2Etar.gz',
  ])('of a mirror names a file: %s', (path) => {
    expect(readLogPath(path, isPublic)).toEqual(PUBLIC)
  })

  it('of ours names its upstream, and is published only where that is known to be public', () => {
    const at = (upstream: string) =>
      `/pypi-proxy/team/files/${upstream}/files.pythonhosted.org/packages/aa/tool-1.0.tar.gz`
    expect(readLogPath(at('pypi'), isPublic)).toEqual({ ...PUBLIC, upstream: 'pypi' })
    expect(readLogPath(at('corp'), isPublic)).toEqual({ ...PUBLIC, upstream: 'corp', isPrivate: true })
    expect(readLogPath('/packages/acme-1.0.tar.gz', isPublic)).toMatchObject({ project: 'acme', isPrivate: true })
  })

  it('of the early layout has the name of its project above it', () => {
    const at = (folder: string) => readLogPath(`/packages/source/f/${folder}/foo-1-2.0.tar.gz`, isPublic)?.project
    expect([at('foo'), at('foo-1'), at('f')]).toEqual(['foo-1', 'foo-1', 'foo-1'])
  })

  it.each([
    '/simple/tool/',
    '/packages/aa/tool-1.0-py3-none-any.whl.metadata',
    '/packages/aa/tool-1.0.tar.gz.asc',
    '/packages/aa/',
    '/packages/aa/%ff-1.0.tar.gz',
    '/packages/aa/tool-1.0%0a.tar.gz',
    '/files/corp/tool-1.0.tar.gz',
    '/other/tool-1.0.tar.gz',
  ])('is no download of a distribution: %s', (path) => {
    expect(readLogPath(path, isPublic)).toBeUndefined()
  })
})
