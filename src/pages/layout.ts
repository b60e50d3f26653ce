/** What all pages have in common: head, way home, tables that become cards on a phone, and states said by word. */
import { html, raw } from 'hono/html'
import { STYLE } from './style.ts'
import { visible } from './foreign-text.ts'

/** A piece of a page. */
export type Html = ReturnType<typeof html>

export interface Layout {
  /** Where the reader is; what strangers wrote in it is made visible here. */
  readonly title: string
  /** From the page to the root of the server: empty, `../`, `../../`. Relative, so that a prefix in front needs no setting. */
  readonly root: string
}

export function layout({ title, root }: Layout, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${visible(title)}</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="bar">
          <nav aria-label="Unidex">
            <a class="home" href="${root || './'}">Unidex</a>
            <a href="${root || './'}#upstreams">Upstreams</a>
            <a href="${root}stats/">Downloads</a>
            <a href="${root}-/rules">Rules</a>
          </nav>
        </header>
        <main id="content">${body}</main>
      </body>
    </html> `
}

/** `good`, `warn` and `bad` colour it; the word says it. */
export function state(word: string, kind: 'good' | 'warn' | 'bad' | 'soft'): Html {
  return html`<span class="state ${kind}">${word}</span>`
}

/** The roles are written out because a table that is laid out as cards loses them in some browsers. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html {
  return html`<table role="table">
    <caption>
      ${visible(caption)}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${heads.map((head) => html`<th role="columnheader" scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (cells) =>
          html`<tr role="row">
            ${cells.map((cell, i) => html`<td role="cell" data-label="${heads[i] ?? ''}">${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** A moment for people and for programs. */
export function moment(ms: number): Html {
  const iso = `${new Date(ms).toISOString().slice(0, 19)}Z`
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`
}

export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}
