import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPublicAddress } from '../../src/upstream/address.ts'

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:a9fe:a9fe',
  '64:ff9b::8.8.8.8',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '3fff::1',
  'fc00::1',
  'fd12::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '2606:4700::1111%lo',
  '',
  'localhost',
  '0x7f.1',
  '017700000001',
  '2130706433',
  '127.1',
  '1.1.1.1 ',
  '[2606:4700::1111]',
  '1.1.1.1:80',
])('%s is not a public address', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '223.255.255.255',
  '151.101.0.223',
  '2606:4700:4700::1111',
  '2a04:4e42::223',
  '2003::1',
])('%s is a public address', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test('no way to write an IPv4 address inside an IPv6 one makes it public', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.constantFrom('::', '::ffff:', '64:ff9b::', '::ffff:0:'), (v4, prefix) => {
      expect(isPublicAddress(`${prefix}${v4}`)).toBe(false)
    }),
  )
})

test('every spelling that the URL standard knows for loopback is seen through', () => {
  for (const host of [
    '2130706433',
    '0x7f000001',
    '017700000001',
    '127.1',
    '0',
    '0x0',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:0:0:1]',
    '127。0。0。1',
  ]) {
    expect(isPublicAddress(new URL(`http://${host}/`).hostname.replaceAll(/[[\]]/g, ''))).toBe(false)
  }
})
