/** What a scraper reads: the format is Prometheus's, whatever a value holds. */
import { describe, expect, it } from 'vitest'
import { expose } from '../../src/metrics/exposition.ts'
import { counter, histogram } from '../../src/metrics/instruments.ts'

describe('the exposition', () => {
  it('has a help, a type and a line for each figure', () => {
    const asked = counter({ name: 'asked_total', help: 'Questions', labels: ['upstream', 'kind'] })
    asked.add(['pypi', 'page'])
    asked.add(['pypi', 'page'], 2)
    asked.add(['corp', 'list'])
    expect(expose([asked.family()])).toBe(`# HELP asked_total Questions
# TYPE asked_total counter
asked_total{upstream="pypi",kind="page"} 3
asked_total{upstream="corp",kind="list"} 1
`)
  })

  it('lets no value end its line or its quotes', () => {
    const asked = counter({ name: 'asked_total', help: 'One\nline \\', labels: ['of'] })
    asked.add(['a"} 1\nforged_total 2\\'])
    expect(expose([asked.family()])).toBe(
      '# HELP asked_total One\\nline \\\\\n# TYPE asked_total counter\nasked_total{of="a\\"} 1\\nforged_total 2\\\\"} 1\n',
    )
  })

  it('writes a figure without labels, and one without an end', () => {
    const samples = [{ value: 1.5 }, { value: Infinity }]
    expect(expose([{ name: 'is', help: 'It', type: 'gauge', samples }])).toContain('\nis 1.5\nis +Inf\n')
  })
})

describe('a histogram', () => {
  it('counts a time in its bucket and all that are larger', () => {
    const times = histogram({ name: 'took_seconds', help: 'Times', labels: ['of'] })
    times.observe(['x'], 1)
    times.observe(['x'], 2)
    times.observe(['x'], 60_000)
    times.observe(['x'], -5, 10)
    const text = expose([times.family()])
    expect(text).toContain('took_seconds_bucket{of="x",le="0.001"} 11\n')
    expect(text).toContain('took_seconds_bucket{of="x",le="0.005"} 12\n')
    expect(text).toContain('took_seconds_bucket{of="x",le="10"} 12\n')
    expect(text).toContain('took_seconds_bucket{of="x",le="+Inf"} 13\n')
    expect(text).toContain('took_seconds_sum{of="x"} 60.003\n')
    expect(text).toContain('took_seconds_count{of="x"} 13\n')
  })
})
