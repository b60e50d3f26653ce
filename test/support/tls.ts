/** Certificates made for a test: an authority of its own, and servers that it vouches for rightly, too late, or under another name. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

export interface Certificates {
  /** File with the certificate of the authority (PEM). */
  readonly caFile: string
  /** For 127.0.0.1, signed by the authority. */
  readonly good: Certificate
  readonly expired: Certificate
  /** For another host. */
  readonly wrongHost: Certificate
  readonly selfSigned: Certificate
  remove(): Promise<void>
}

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'unidex-tls-'))
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: folder })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

  async function read(name: string): Promise<Certificate> {
    return {
      key: await readFile(join(folder, `${name}.key`), 'utf8'),
      cert: await readFile(join(folder, `${name}.pem`), 'utf8'),
    }
  }

  async function selfSigned(name: string, ...more: string[]): Promise<Certificate> {
    await openssl('req', '-x509', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', ...more)
    return read(name)
  }

  async function signed(name: string, host: string, days: number): Promise<Certificate> {
    const request = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${host}`]
    await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, ...request)
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', String(Math.floor(Math.random() * 1e9) + 1)]
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...authority,
      '-copy_extensions',
      'copy',
      '-days',
      String(days),
      '-out',
      `${name}.pem`,
    )
    return read(name)
  }

  await selfSigned('ca', '-subj', '/CN=authority of a test')
  const [good, expired, wrongHost, alone] = await Promise.all([
    signed('good', 'IP:127.0.0.1', 2),
    signed('expired', 'IP:127.0.0.1', -1),
    signed('wrong-host', 'DNS:other.example', 2),
    selfSigned('self-signed', '-subj', '/CN=self', '-addext', 'subjectAltName=IP:127.0.0.1'),
  ])
  return {
    caFile: join(folder, 'ca.pem'),
    good,
    expired,
    wrongHost,
    selfSigned: alone,
    remove: () => rm(folder, { recursive: true }),
  }
}
