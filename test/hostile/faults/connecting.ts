/** What goes wrong before there is an answer: connection, name, TLS. */
import { truncated } from '../../support/hostile-upstream.ts'
import { failing, harmless, type Row } from '../rows.ts'
import { GOOD_SITE } from '../world.ts'
import { GOOD_ANSWER, sends, WAIT } from './answers.ts'

const HEALTHY = [{ site: GOOD_SITE }]
const ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])

export const CONNECTING: readonly Row[] = [
  failing('C1', 'nobody listens', 'connect', { refused: true }),
  failing('C4', 'every connection is reset', 'reset', [{ close: 'rst' }]),
  failing('C4b', 'every request is answered with a reset', 'reset', [WAIT, { close: 'rst' }]),
  failing('C5', 'connections are accepted and never answered', 'timeout', [{ hang: true }]),
  failing('C5b', 'requests are read and never answered', 'timeout', [WAIT, { hang: true }]),
  failing('C6', 'every connection is closed at once', 'reset', [{ close: 'fin' }]),
  failing('C6b', 'every request is answered with nothing', 'reset', [WAIT, { close: 'fin' }]),
  failing(
    'C6c',
    'one half is closed, and the other says nothing',
    ['reset', 'timeout'],
    [{ close: 'half' }, { hang: true }],
  ),
  harmless('C7', 'the connection is closed as soon as it could be used again', [
    WAIT,
    { send: keptOpen() },
    { close: 'fin' },
  ]),
  harmless('C8', 'a second answer comes with the first', sends(keptOpen(), keptOpen('evil'))),
  harmless('C8b', 'a second answer comes when nothing was asked', [
    WAIT,
    { send: keptOpen() },
    { waitMs: 5 },
    { send: keptOpen('evil') },
    { hang: true },
  ]),
  harmless('C8c', 'an answer for another project comes before the request', [
    WAIT,
    { send: GOOD_ANSWER },
    { close: 'fin' },
  ]),
  failing('C9a', 'the name is not known', 'dns', { lookup: 'ENOTFOUND' }, { needs: 'name' }),
  failing('C9b', 'the name server fails', 'dns', { lookup: 'EAI_FAIL' }, { needs: 'name' }),
  failing('C9c', 'the name server has no answer for now', 'dns', { lookup: 'EAI_AGAIN' }, { needs: 'name' }),
  failing('C9d', 'the name server never answers', 'timeout', { lookup: 'nothing' }, { needs: 'name' }),
  failing('C3a', 'there is no network', 'connect', { lookup: 'ENETUNREACH' }, { needs: 'name' }),
  failing('C3b', 'there is no way to the host', 'connect', { lookup: 'EHOSTUNREACH' }, { needs: 'name' }),
  failing('D19', 'we may open no more sockets', 'connect', { lookup: 'EMFILE' }, { needs: 'name' }),
  failing(
    'C13',
    'the certificate signs itself',
    'certificate',
    { tls: 'selfSigned', steps: HEALTHY },
    { needs: 'tls' },
  ),
  failing('C14a', 'the certificate has expired', 'certificate', { tls: 'expired', steps: HEALTHY }, { needs: 'tls' }),
  failing(
    'C14b',
    'the certificate is of another host',
    'certificate',
    { tls: 'wrongHost', steps: HEALTHY },
    { needs: 'tls' },
  ),
  failing('C15a', 'the handshake stalls', 'timeout', { tls: 'none', steps: [{ hang: true }] }, { needs: 'tls' }),
  failing(
    'C15b',
    'the handshake ends in an alert',
    'certificate',
    { tls: 'none', steps: [{ send: ALERT }, { close: 'fin' }] },
    { needs: 'tls' },
  ),
  failing(
    'C15c',
    'there is no TLS at all',
    'certificate',
    { tls: 'none', steps: [{ send: GOOD_ANSWER }, { hang: true }] },
    { needs: 'tls' },
  ),
  failing(
    'C15d',
    'the connection ends within the handshake',
    ['reset', 'certificate'],
    { tls: 'none', steps: [{ close: 'fin' }] },
    { needs: 'tls' },
  ),
  harmless('C18a', 'the first connection is reset', {
    connections: [[{ close: 'rst' }], HEALTHY],
    afterwards: 'repeat-last',
  }),
  harmless('C18b', 'the first answer is cut off', {
    connections: [sends(truncated(GOOD_ANSWER, 20)), HEALTHY],
    afterwards: 'repeat-last',
  }),
]

/** The good page, or one that is called otherwise, on a connection that could be used again. */
function keptOpen(name?: string): Buffer {
  const bytes = Buffer.from(GOOD_ANSWER.toString('latin1').replace('connection: close', 'x-kept: open'), 'latin1')
  return name === undefined ? bytes : Buffer.from(bytes.toString('latin1').replace('"acme"', `"${name}"`), 'latin1')
}
