import { describe, expect, test } from 'vitest'
import { mirrorAddresses } from '../../src/upstream/mirror-addresses.ts'

const PYPI = ['https://pypi.org/', 'https://files.pythonhosted.org/']
const FILE = 'packages/ab/cd/acme-1.0.tar.gz'
const OWN = `https://files.pythonhosted.org/${FILE}`
const around = (at: string) => mirrorAddresses([{ at, of: 'https://files.pythonhosted.org/' }], PYPI)

describe('a file of a mirror', () => {
  test('is the file of its upstream below the place that the mirror stands for, and back', () => {
    const addresses = around('https://m.example/pypi/')
    expect(addresses.own(`https://m.example/pypi/${FILE}`)).toBe(OWN)
    expect(addresses.here(OWN)).toBe(`https://m.example/pypi/${FILE}`)
  })

  test('is what it is where the mirror links to its upstream', () => {
    expect(around('https://m.example/').own(OWN)).toBe(OWN)
  })

  test('is none where it lies elsewhere', () => {
    const addresses = around('https://m.example/pypi/')
    expect(addresses.own(`https://third.example/${FILE}`)).toBeUndefined()
    expect(addresses.here(`https://third.example/${FILE}`)).toBeUndefined()
  })

  test('has no query of the mirror', () => {
    expect(around('https://m.example/').own(`https://m.example/${FILE}?signature=1`)).toBe(OWN)
  })

  test('is found through another Unidex, which has the host in its path', () => {
    const addresses = around('http://127.0.0.1:8642/')
    const through = `http://127.0.0.1:8642/files/pypi/files.pythonhosted.org/${FILE}`
    expect(addresses.own(through)).toBe(OWN)
    expect(addresses.here(OWN)).toBe(through)
  })

  test('is understood by one that both list', () => {
    const addresses = around('https://m.example/')
    addresses.learn(`https://m.example/root/mirror/${FILE}`, OWN)
    expect(addresses.here('https://files.pythonhosted.org/packages/x/y-1.zip')).toBe(
      'https://m.example/root/mirror/packages/x/y-1.zip',
    )
    expect(addresses.own('https://m.example/root/mirror/packages/x/y-1.zip')).toBe(
      'https://files.pythonhosted.org/packages/x/y-1.zip',
    )
  })

  test('teaches nothing about other hosts', () => {
    const addresses = around('https://m.example/')
    addresses.learn(`https://evil.example/${FILE}`, OWN)
    addresses.learn(`https://m.example/${FILE}`, `https://evil.example/${FILE}`)
    expect(addresses.here(OWN)).toBe(`https://m.example/${FILE}`)
  })

  test('of a mirror on the host of its upstream is not taken for the file of that one', () => {
    const addresses = mirrorAddresses(
      [{ at: 'https://a.example/b/', of: 'https://a.example/a/' }],
      ['https://a.example/'],
    )
    expect(addresses.own('https://a.example/b/files/x-1.zip')).toBe('https://a.example/a/files/x-1.zip')
    expect(addresses.own('https://a.example/a/files/x-1.zip')).toBe('https://a.example/a/files/x-1.zip')
  })
})
