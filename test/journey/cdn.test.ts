/** A cache in front, as a CDN is one: nginx keeps what it may, and goes on while the server does not. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { simpleUpstream } from '../support/simple-upstream.ts'
import { CLIENT_PROGRAMS, installWell } from './support/clients.ts'
import { PROGRAMS, describeWith, freePort, start, temporaryFolder } from './support/programs.ts'
import { serve } from './support/server.ts'
import { wheel } from './support/wheel.ts'

async function behindCache() {
  const up = await simpleUpstream({ acme: [wheel('acme', '1.0')] })
  const server = await serve({
    folder: temporaryFolder(),
    rules: { upstreams: { up: { url: up.url } }, indexes: { default: { upstreams: ['up'] } } },
  })
  onTestFinished(async () => void (await server.end()))
  const folder = temporaryFolder()
  // Its workers are another user where it was started as root.
  chmodSync(folder, 0o755)
  const port = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, server.origin))
  const nginx = start(PROGRAMS.nginx, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')])
  onTestFinished(async () => void (await nginx.end()))
  const origin = `http://127.0.0.1:${port}`
  await vi.waitFor(async () => fetch(`${origin}/healthz`), { timeout: 30_000, interval: 50 })
  return { server, up, origin, indexUrl: `${origin}/simple/` }
}

describeWith([...CLIENT_PROGRAMS, 'nginx'])('behind a cache', () => {
  it('pip and uv install what is kept there although the server is gone', async () => {
    const { server, indexUrl, origin } = await behindCache()
    await installWell('uv', indexUrl, 'acme')
    await installWell('pip, the newest', indexUrl, 'acme')
    await server.end()
    expect((await installWell('uv', indexUrl, 'acme')).versions).toMatchObject({ acme: '1.0' })
    expect((await installWell('pip, the newest', indexUrl, 'acme')).versions).toMatchObject({ acme: '1.0' })
    expect((await fetch(`${origin}/simple/other/`)).status).toBe(502)
  })

  it('a page is given from there, with links that lead there', async () => {
    const { up, indexUrl } = await behindCache()
    const get = async () => fetch(`${indexUrl}acme/`, { headers: { accept: 'text/html' } })
    await get()
    const again = await get()
    expect(again.headers.get('x-cache')).toBe('HIT')
    expect(await again.text()).toContain('href="../../files/up/')
    expect(up.requests.filter((request) => request === 'GET /simple/acme/')).toHaveLength(1)
  })
})

function configuration(folder: string, port: number, origin: string): string {
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  )
  return `
daemon off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${kept.join(' ')}
  proxy_cache_path ${folder}/cache keys_zone=kept:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${origin};
      proxy_cache kept;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}
`
}
