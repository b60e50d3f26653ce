/** Variants of a wheel (PEP 825) on a page: clients that know nothing of them install what they always did. */
import { expect, it, onTestFinished } from 'vitest'
import { simpleUpstream, upstreamFile } from '../support/simple-upstream.ts'
import { ALL_CLIENTS, CLIENT_PROGRAMS, installWell } from './support/clients.ts'
import { describeWith, temporaryFolder } from './support/programs.ts'
import { serve } from './support/server.ts'
import { wheel } from './support/wheel.ts'

describeWith(CLIENT_PROGRAMS)('a project with variants in two upstreams', () => {
  it.each(ALL_CLIENTS)('%s installs its wheel without a label', async (client) => {
    const plain = wheel('acme', '1.0')
    const labelled = (label: string) => ({ ...plain, filename: plain.filename.replace('.whl', `-${label}.whl`) })
    const variants = (label: string) =>
      upstreamFile(
        'acme-1.0-variants.json',
        JSON.stringify({ 'default-priorities': { namespace: [] }, variants: { [label]: {} } }),
      )
    const high = await simpleUpstream({ acme: [variants('cpu'), labelled('cpu')] })
    const low = await simpleUpstream({ acme: [variants('cu128'), labelled('cu128'), plain] })
    const rules = {
      upstreams: { high: { url: high.url }, low: { url: low.url } },
      indexes: {
        default: {
          upstreams: ['high', 'low'],
          rules: [{ projects: ['acme'], upstreams: ['high', 'low'], strategy: 'by-file' }],
        },
      },
    }
    const server = await serve({ folder: temporaryFolder(), rules })
    onTestFinished(async () => void (await server.end()))
    const { versions } = await installWell(client, server.indexUrl, 'acme')
    expect(versions).toMatchObject({ acme: '1.0' })
    expect(low.requests).toContain(`GET /files/${plain.filename}`)
  })
})
