/** nginx in front, under a path: what a company puts between its people and the server, with no setting on our side. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ALL_CLIENTS, CLIENT_PROGRAMS, installWell } from './support/clients.ts'
import { PROGRAMS, type Running, describeWith, freePort, start, temporaryFolder } from './support/programs.ts'
import { type RunningServer, serve } from './support/server.ts'

describeWith([...CLIENT_PROGRAMS, 'nginx'])('behind nginx, under a path', () => {
  let server: RunningServer
  let nginx: Running
  let indexUrl: string
  beforeAll(async () => {
    server = await serve({ folder: temporaryFolder(afterAll) })
    const folder = temporaryFolder(afterAll)
    // Its workers are another user where it was started as root.
    chmodSync(folder, 0o755)
    const port = await freePort()
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, server.origin))
    nginx = start(PROGRAMS.nginx, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')])
    indexUrl = `http://127.0.0.1:${port}/pypi-proxy/simple/`
    await vi.waitFor(async () => fetch(indexUrl, { method: 'HEAD' }), { timeout: 30_000, interval: 100 })
  })
  afterAll(async () => {
    await nginx.end()
    await server.end()
  })

  it.each(ALL_CLIENTS)('%s installs through it', async (client) => {
    const { versions } = await installWell(client, indexUrl, 'requests')
    expect(versions).toHaveProperty('urllib3')
  })

  it.each(['simple', 'simple/requests', 'simple/Requests/'])(
    '%s is redirected to a page below the same path',
    async (path) => {
      const response = await fetch(new URL(`../${path}`, indexUrl))
      expect([response.status, new URL(response.url).pathname]).toEqual([
        200,
        `/pypi-proxy/simple/${path === 'simple' ? '' : 'requests/'}`,
      ])
    },
  )
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
  server {
    listen 127.0.0.1:${port};
    location /pypi-proxy/ {
      proxy_pass ${origin}/;
    }
  }
}
`
}
