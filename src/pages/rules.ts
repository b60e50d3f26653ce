/** The page of the rules as they are understood: the sentences of `unidex check`. */
import { html } from 'hono/html'
import { foreign } from './foreign-text.ts'
import { type Html, layout } from './layout.ts'

export interface RulesPage {
  readonly title: string
  readonly sections: readonly { readonly title: string; readonly sentences: readonly string[] }[]
}

export function rulesPage({ title, sections }: RulesPage): Html {
  return layout(
    { title: 'Rules – Unidex', root: '../' },
    html`<h1>The rules</h1>
      <p class="lead">${foreign(title)}</p>
      ${sections.map(
        (section) =>
          html`<section>
            <h2>${foreign(section.title)}</h2>
            <ul>
              ${section.sentences.map((sentence) => html`<li>${foreign(sentence)}</li>`)}
            </ul>
          </section>`,
      )}`,
  )
}
