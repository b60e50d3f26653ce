/** The front page: which indexes there are, and the lines that make a client use one. */
import { html } from 'hono/html'

export interface FrontPage {
  /** Scheme, host and port under which the page was asked for. */
  readonly origin: string
  readonly indexes: readonly string[]
}

export function frontPage({ origin, indexes }: FrontPage) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Unidex</title>
        <style>
          :root {
            color-scheme: light dark;
            font:
              1rem/1.5 system-ui,
              sans-serif;
          }
          body {
            max-width: 46rem;
            margin: 2rem auto;
            padding: 0 1rem;
          }
          pre {
            overflow-x: auto;
            padding: 0.75rem 1rem;
            border: 1px solid color-mix(in srgb, currentColor 25%, transparent);
            border-radius: 0.375rem;
          }
        </style>
      </head>
      <body>
        <main>
          <h1>Unidex</h1>
          <p>One simple index out of many. Give your client one of these addresses, and no second index beside it.</p>
          ${indexes.map((index) => section(index, `${origin}${index === 'default' ? '' : `/${index}`}/simple/`))}
        </main>
      </body>
    </html> `
}

function section(index: string, url: string) {
  return html`<section>
    <h2>${index}</h2>
    <p><a href="${url}">${url}</a></p>
    <pre><code>pip install --index-url ${url} PROJECT
uv pip install --default-index ${url} PROJECT</code></pre>
  </section>`
}
