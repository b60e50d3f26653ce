import type { LookupFunction } from 'node:net'
import { expect, test } from 'vitest'
import { isPublicAddress, publicLookup } from '../../src/upstream/public-addresses.ts'

/** What a name stands for, as it is found through the guard: the address, or the code of the refusal. */
function found(...addresses: readonly string[]): Promise<string> {
  const lookup: LookupFunction = (_, { all }, done) => {
    const list = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (all) done(null, list)
    else done(null, addresses[0] ?? '', list[0]?.family)
  }
  return new Promise((resolve) => {
    publicLookup(lookup)('mirror.example.net', { all: addresses.length > 1 }, (error, address) =>
      resolve(error?.code ?? JSON.stringify(address)),
    )
  })
}

test.each([
  ['127.0.0.1'],
  ['10.1.2.3'],
  ['172.31.0.1'],
  ['192.168.1.1'],
  ['169.254.169.254'],
  ['100.64.0.1'],
  ['0.0.0.0'],
  ['::1'],
  ['::'],
  ['fd00::1'],
  ['fe80::1'],
  ['::ffff:127.0.0.1'],
  ['::ffff:10.0.0.1'],
  ['93.184.216.34', '10.0.0.1'],
])('a name of a list that stands for %s leads nowhere', async (...addresses) => {
  expect(await found(...addresses)).toBe('EAI_REFUSED')
})

test.each([['93.184.216.34'], ['2606:2800:220:1::1'], ['93.184.216.34', '93.184.216.35']])(
  'a name that stands for %s is followed',
  async (...addresses) => {
    expect(await found(...addresses)).toContain(addresses[0])
  },
)

test('a name that is not known stays unknown', async () => {
  const lookup: LookupFunction = (_, __, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '', 0)
  const code = await new Promise((resolve) => publicLookup(lookup)('x.example', {}, (error) => resolve(error?.code)))
  expect(code).toBe('ENOTFOUND')
})

test.each([
  'http://a.example/',
  'https://10.0.0.1/',
  'https://[::1]/',
  'https://localhost/',
  'https://u:p@a.example/',
  'https://a.example/?q=1',
])('%s is no address that a list may name', (url) => {
  expect(isPublicAddress(url)).toBe(false)
})
