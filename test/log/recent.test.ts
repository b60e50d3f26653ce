/** What is remembered of the last hour stays small, and ends with the hour. */
import { describe, expect, it } from 'vitest'
import { openRecent } from '../../src/log/recent.ts'
import { silent } from '../../src/log/report.ts'

const MINUTE = 60_000

function setUp() {
  let time = 1_000_000 * MINUTE
  const recent = openRecent(() => time)
  return { recent, report: recent.listening(silent), forward: (ms: number) => (time += ms) }
}

describe('what happened lately', () => {
  it('is counted by minute, for an hour, files left out', () => {
    const { recent, report, forward } = setUp()
    report('debug', 'upstream_answered', { upstream: 'pypi', ms: 30 })
    report('warn', 'upstream_failed', { upstream: 'pypi', ms: 10, code: 'timeout', reason: 'too slow' })
    report('debug', 'upstream_answered', { upstream: 'pypi', kind: 'file', ms: 9000 })
    expect(recent.upstream('pypi')).toMatchObject({
      minutes: [{ minute: 1_000_000, asked: 2, failed: 1, ms: 40 }],
      lastFailure: { code: 'timeout', reason: 'too slow' },
      leftAlone: false,
    })
    forward(59 * MINUTE)
    expect(recent.upstream('pypi')?.minutes).toHaveLength(1)
    forward(MINUTE)
    expect(recent.upstream('pypi')?.minutes).toEqual([])
  })

  it('knows an upstream that answers as back, although a reload took the breaker that would have said it', () => {
    const { recent, report } = setUp()
    report('warn', 'upstream_left_alone', { upstream: 'pypi' })
    expect(recent.upstream('pypi')?.leftAlone).toBe(true)
    report('debug', 'upstream_answered', { upstream: 'pypi', ms: 3 })
    expect(recent.upstream('pypi')?.leftAlone).toBe(false)
  })

  it('holds the newest two hundred notices, each once', () => {
    const { recent, report } = setUp()
    for (let i = 0; i < 300; i += 1) report('warn', 'served_stale', { project: `p${i}`, upstream: 'pypi' })
    report('warn', 'served_stale', { project: 'p150', upstream: 'pypi' })
    const notices = recent.notices()
    expect(notices).toHaveLength(200)
    expect(notices[0]).toMatchObject({ subject: 'p150', count: 2 })
  })

  it('is no notice where nobody need look: an owner may lack a name that it never had', () => {
    const { recent, report } = setUp()
    report('info', 'owner_absent', { project: 'acme-new', upstream: 'corp' })
    expect(recent.notices()).toEqual([])
  })
})
